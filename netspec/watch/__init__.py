"""A page that follows the editor: the network of a spec, served to this machine alone and drawn anew at every save.

`server` sends the page, `news` tells it what has changed, `guard` says who may ask. `changes` notices saves, `sources`
knows the files that a spec is read from, `watched` reads it and keeps the last good graph, `marks` finds the parts of
that graph that a mistake is about.
"""
