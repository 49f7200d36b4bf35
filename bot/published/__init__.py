"""The Host Compatibility List as it is published: a page in any of its formats, read and compared.

Pure, but for `fetch`.
"""
