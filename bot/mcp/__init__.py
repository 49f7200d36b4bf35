"""A door for assistants (Model Context Protocol): tools that run the commands of chat, over stdio or HTTP.

Only `xocompat mcp` imports it: the library behind it takes half a second, and 60 MB.
"""
