"""The connector vocabulary: backends, bindings, binders, mappers, adapters and synchronizers."""

#: The packages that the declarations here build on.
DEPENDS = ("isthmus.odoo.feed_records", "isthmus.events", "isthmus.delay")
