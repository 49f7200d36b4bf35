"""Words to releases, as people type them in chat. Start with `reader.Reader`; what it gives is a `query.Query`.

A known spelling is looked up (`spellings`). Anything else goes through the `grammar`: what machines say (`records`),
days (bot/days.py) and features taken out; the rest cut into `tokens` by the `words` that are known
(data/vocabulary.txt). Rules over the kinds of tokens make `versions` and ranges of them, each goes to its product as a
claim (`claims`), and the Matrix's own `spellings` or the nearest ones (`suggest`) answer it. What nobody used is named
(`leftover`); docs/decisions/0016 goes through the steps.
"""
