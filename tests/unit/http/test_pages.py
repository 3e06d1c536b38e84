import pytest

from isthmus.http.pages import BeforeId, NextCursor, OffsetLimit, Page, PageNumber, Whole

ROWS = [{"id": f"{n:03d}"} for n in range(1, 8)]


def numbered(params):
    start = (params["page"] - 1) * params["per_page"]
    return ROWS[start : start + params["per_page"]]


def by_offset(params):
    return ROWS[params["offset"] : params["offset"] + params["limit"]]


def by_token(params):
    start = int(params.get("cursor", 0))
    rows = ROWS[start : start + params["limit"]]
    return {"items": rows, "next": str(start + len(rows)) if start + len(rows) < len(ROWS) else None}


def before(params):
    older = [row for row in ROWS if row["id"] < params.get("before", "999")]
    return older[-params["limit"] :]  # the newest that are older, in board order, as Trello does


STRATEGIES = [
    pytest.param(PageNumber(size=3), numbered, id="page number"),
    pytest.param(OffsetLimit(size=3), by_offset, id="offset and limit"),
    pytest.param(NextCursor(size=3), by_token, id="next cursor"),
    pytest.param(BeforeId(size=3), before, id="before id"),
]


@pytest.mark.parametrize(("paging", "fetch"), STRATEGIES)
def test_all_pages_together_are_the_whole_list(paging, fetch):
    pages = list(paging.pages(fetch))
    assert sorted(item["id"] for page in pages for item in page.items) == [row["id"] for row in ROWS]
    assert pages[-1].cursor is None


@pytest.mark.parametrize(("paging", "fetch"), STRATEGIES)
def test_every_cursor_resumes_exactly_after_its_page(paging, fetch):
    pages = list(paging.pages(fetch))
    for number, page in enumerate(pages[:-1]):
        assert list(paging.pages(fetch, page.cursor)) == pages[number + 1 :]


@pytest.mark.parametrize("paging", [Whole(), PageNumber(), OffsetLimit(), BeforeId()])
def test_an_empty_list_gives_no_page(paging):
    assert list(paging.pages(lambda params: [])) == []


def test_a_list_that_fills_its_last_page_ends_without_an_empty_one():
    pages = list(OffsetLimit(size=7).pages(by_offset))
    assert [len(page.items) for page in pages] == [7]


def test_a_whole_list_is_one_page():
    assert list(Whole().pages(lambda params: ROWS)) == [Page(ROWS)]


def test_a_next_url_is_followed_by_its_query():
    asked = []

    def fetch(params):
        asked.append(params)
        return {"items": [1], "next": "https://api.example/x?after=9&limit=2" if len(asked) == 1 else None}

    list(NextCursor(size=2).pages(fetch))
    assert asked == [{"limit": 2}, {"limit": "2", "after": "9"}]


def test_a_remote_that_repeats_the_same_page_does_not_loop_for_ever():
    stuck = [{"id": "b"}, {"id": "c"}]
    assert len(list(BeforeId(size=2).pages(lambda params: stuck))) == 2
