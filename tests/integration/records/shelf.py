"""The models of the store's own tests: books on shelves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from isthmus import fields, models
from isthmus.clock import Clock, SystemClock
from isthmus.inheritance import capture
from isthmus.records import Registry, SqlDatabase
from isthmus.records.sqlstore import SqlStore

BOOK, SHELF, LOAN = "test.book", "test.shelf", "test.loan"

with capture() as declared:

    class Shelf(models.Model):
        _name = SHELF
        _order = "name"

        name = fields.Char(required=True)
        size = fields.Integer()
        _sql_constraints = [
            ("name_uniq", "unique(name)", "There is a shelf of that name already."),
            ("size_positive", "check(size >= 0)", "A shelf cannot be smaller than nothing."),
        ]

    class Book(models.Model):
        _name = BOOK

        name = fields.Char(size=20)
        text = fields.Text()
        pages = fields.Integer()
        price = fields.Float()
        is_old = fields.Boolean()
        printed = fields.Date()
        read_at = fields.Datetime()
        data = fields.Json()
        cover = fields.Binary()
        kind = fields.Selection([("a", "A"), ("b", "B")])
        shelf_id = fields.Many2one(SHELF, ondelete="restrict")
        next_id = fields.Many2one(BOOK)
        loan_ids = fields.One2many(LOAN, "book_id")
        similar_ids = fields.Many2many(BOOK, "test_book_similar", "book_id", "other_id")
        far_id = fields.Many2one("project.task")
        far_ids = fields.Many2many("project.tags")
        title = fields.Char(compute="_compute_title")

        def _compute_title(self) -> None:
            for book in self:
                book.title = book.name

    class Loan(models.Model):
        _name = LOAN
        _inherits = {BOOK: "book_id"}

        book_id = fields.Many2one(BOOK, required=True, ondelete="cascade")
        reader = fields.Char(required=True)
        _sql_constraints = [("one_each", "unique(book_id, reader)", "One loan for each reader.")]


REGISTRY = Registry.build(classes=declared)


@contextmanager
def open_store(database: SqlDatabase, clock: Clock | None = None) -> Iterator[SqlStore]:
    """Give a store in a transaction that commits at the end of the block."""
    with database.begin() as transaction:
        yield database.store(REGISTRY, transaction, clock or SystemClock())
