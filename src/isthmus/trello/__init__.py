"""The Trello connector: boards, lists, labels and cards against projects, stages, tags and tasks."""

#: The packages that the declarations here build on.
DEPENDS = ("isthmus.connector",)
