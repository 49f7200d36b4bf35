"""Words to releases, as people type them in chat. Start with `reading.Reader`; what it gives is a `query.Query`.

A known spelling is looked up (`canonical`). Anything else goes through the `grammar`: chat's mangling undone (`text`),
cut into `tokens`, grown into versions and ranges (`versions` over a `cursor`, `wanted`), sifted of what is no release
(`sifting`), given to its product (`owners`), and claimed as an answer or a suggestion (`claims`, `suggest`).
"""
