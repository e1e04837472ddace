"""The files of a source: a folder or a zip as a tree of names, and which of them are images."""
