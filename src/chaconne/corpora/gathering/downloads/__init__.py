"""One downloader for every corpus: HTTP that goes on after a cut, archives that are not trusted.

http.py      bytes of a URL, in order, through cuts, stalls and busy servers
ranges.py    a remote file that can be seeked: members of a zip without the zip
whole.py     one file, resumed, checked, named only when it is right
archives.py  members of zip and tar: names, links, bombs
batch.py     many transfers at once: what they cost is said and checked before they start
"""
