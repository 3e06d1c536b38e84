"""Recorded exchanges with the real Trello, and the boards that they presume."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

FOLDER = Path(__file__).parents[3] / "data" / "trello-http"
ID = re.compile(r"[0-9a-f]{24}")
ME = {"tacokit": "548a6696b3b9918beb144b07", "hoppertest": "5e679b808e6e8828784b30e1"}
SHORT = {"k7GHJj7Q": "548dd95c8ca25ac9d0d9ce71", "swezQ9XS": "548a675581d1d669c9e8184e"}
SOME_BOARD = "bbbbbbbbbbbbbbbbbbbbbbbb"
#: The second request made the object of its answer.
CREATION = re.compile(
    r"/1/(boards|lists|cards|labels|checklists|customFields|webhooks)$|/(checklists|checkItems?|options)$"
    r"|/actions/comments$|/attachments$|/cards/\w+/labels$"
)


@dataclass(frozen=True)
class Exchange:
    method: str
    path: str
    query: dict
    body: str
    status: int
    headers: dict
    answer: object

    @property
    def creates(self):
        return self.method == "POST" and self.status == 200 and CREATION.search(self.path)


def scenarios():
    """Yield ``(name, exchanges)`` for every recorded file."""
    for file in sorted(FOLDER.glob("*/*.json")):
        yield f"{file.parent.name}/{file.stem}", [_exchange(one) for one in json.loads(file.read_text())]


def _exchange(one):
    request, response = one["request"], one["response"]
    body = "" if request["body"] == "<binary>" else request["body"] or ""
    query = {name: value for name, value in request["query"].items() if name not in ("key", "token")}
    path = re.sub(r"<TRELLO_APP_TOKEN>|MEMBER_TOKEN", "TOKEN", request["path"])
    return Exchange(
        request["method"], path, query, body, response["status"], response["headers"], response["body"]
    )


def body_of(exchange):
    """Return the body to send: the recorded one, or (where it is lost) what the answer tells of it."""
    if exchange.method not in ("POST", "PUT"):
        return ""
    if exchange.body:
        return _valid(exchange)
    answer = exchange.answer
    if exchange.path.endswith(("/moveAllCards", "/archiveAllCards")):
        return urlencode({name: answer[0][name] for name in ("idBoard", "idList")}) if answer else ""
    if exchange.path.endswith("/membersVoted"):
        return urlencode({"value": ME["tacokit"]})
    if exchange.path.endswith("/idMembers"):
        return urlencode({"value": answer[-1]["id"]})
    if "/actions" in exchange.path:
        return urlencode({"text": answer["data"]["text"], "value": answer["data"]["text"]})
    names = (
        "name",
        "desc",
        "closed",
        "idBoard",
        "idList",
        "idCard",
        "color",
        "url",
        "pos",
        "state",
        "description",
        "idModel",
        "callbackURL",
    )
    told = {name: answer[name] for name in names if answer.get(name) is not None}
    return urlencode(
        {name: str(value).lower() if isinstance(value, bool) else value for name, value in told.items()}
    )


def _valid(exchange):
    """Drop parameters that were sent without a value, as old clients did: ``&pos&idMembers=``."""
    return urlencode(
        [(name, value) for name, value in parse_qsl(exchange.body, keep_blank_values=True) if value]
    )


@dataclass
class World:
    """The objects that must be there before a scenario is replayed, as board exports."""

    made: set = field(default_factory=set)
    objects: dict = field(default_factory=dict)  # kind -> id -> data

    @classmethod
    def of(cls, exchanges):
        world = cls({one.answer["id"] for one in exchanges if one.creates and isinstance(one.answer, dict)})
        for one in exchanges:
            if one.status == 200:
                world._presume(one)
        world._complete()
        return world

    def put(self, kind, id_, **data):
        """Note an object, what was said first wins."""
        if ID.fullmatch(id_) and id_ not in self.made:
            known = self.objects.setdefault(kind, {}).setdefault(id_, {"id": id_})
            for name, value in data.items():
                known.setdefault(name, value)

    def _presume(self, exchange):
        path = re.sub("|".join(SHORT), lambda found: SHORT[found[0]], exchange.path)
        self._parts(exchange, path)
        self._harvest(exchange.answer)
        for kind, id_ in re.findall(
            r"(boards|lists|cards|labels|checklists|actions|customFields)/(\w{24})", path
        ):
            self.put(kind[:-1], id_)
        for name, value in parse_qsl(body_of(exchange)):
            kind = {
                "idBoard": "board",
                "idList": "list",
                "idCard": "card",
                "idListSource": "list",
                "idCardSource": "card",
            }.get(name)
            if name == "idModel":
                kind = "board"
            if kind:
                self.put(kind, value)
            for person in value.split(",") if name == "idMembers" else ():
                self.put("member", person)
            for label in value.split(",") if name == "idLabels" else ():
                self.put("label", label)

    def _parts(self, exchange, path):
        """What an answer about a part of a card or board tells of the card or board."""
        answer = exchange.answer
        if found := re.search(r"cards/(\w+)/(attachments|customFieldItems|pluginData)$", path):
            if exchange.method == "GET":
                self.put("card", found[1], **{found[2]: answer})
        elif found := re.search(r"cards/(\w+)/attachments/(\w+)$", path):
            self.put(
                "card", found[1], attachments=[{"id": found[2], "name": "a", "url": "https://example.com"}]
            )
        elif found := re.search(r"cards/(\w+)/(members|membersVoted)$", path):
            if exchange.method == "GET":
                key = {"members": "idMembers", "membersVoted": "idMembersVoted"}[found[2]]
                self.put("card", found[1], **{key: [one["id"] for one in answer]})
        elif found := re.search(r"cards/(\w+)/(idMembers|idLabels)/(\w+)$", path):
            self.put("card", found[1], **{found[2]: [found[3]]})
        elif found := re.search(r"cards/(\w+)/membersVoted/(\w+)$", path):
            self.put("card", found[1], idMembersVoted=[found[2]])
        elif found := re.search(r"cards/(\w+)/checklist/(\w+)/checkItem/(\w+)$", path):
            item = {"id": found[3], "name": "x", "pos": 1, "state": "incomplete"}
            self.put("checklist", found[2], idCard=found[1], checkItems=[item])
        elif found := re.search(r"cards/(\w+)/checkItem/(\w+)$", path):
            self.put("checklist", answer["idChecklist"], idCard=found[1])
        elif found := re.search(r"cards/(\w+)/checkItemStates$", path):
            items = [
                {"id": one["idCheckItem"], "name": "x", "state": one["state"], "pos": 1} for one in answer
            ]
            self.put("checklist", "c" * 24, idCard=found[1], checkItems=items)
        elif found := re.search(r"cards/(\w+)/actions/(\w+)/comments$", path):
            told = answer if answer else {"data": {"text": "x", "card": {"id": found[1]}}}
            self.put("action", found[2], **told)
        elif found := re.search(r"cards/(\w+)/customField/(\w+)/item$", path):
            self.put("customField", found[2])
        elif found := re.search(r"checklists/(\w+)/checkItems$", path):
            if exchange.method == "GET":
                self.put("checklist", found[1], checkItems=answer)
        elif found := re.search(r"customFields/(\w+)/options/(\w+)$", path, re.IGNORECASE):
            option = {
                "id": found[2],
                "idCustomField": found[1],
                "value": {"text": "x"},
                "color": "none",
                "pos": 1,
            }
            self.put("customField", found[1], type="list", options=[answer or option])
        elif found := re.search(r"customFields/(\w+)/options$", path, re.IGNORECASE):
            self.put("customField", found[1], type="list", options=[])
            known = self.objects["customField"].get(found[1], {}).get("options", [])
            given = answer if exchange.method == "GET" else []
            options = [{"id": one["_id"], "idCustomField": found[1], **one} for one in given]
            known += [one for one in options if one["id"] not in {other["id"] for other in known}]
        elif found := re.search(r"cards/(\w+)/(board|list)$", path):
            self.put("card", found[1], **{f"id{found[2].title()}": answer["id"]})
        elif found := re.search(r"actions/(\w+)/(board|card|list)$", path):
            self.put("action", found[1], data={found[2]: {"id": answer["id"]}})
        elif found := re.search(r"lists/(\w+)/board$", path):
            self.put("list", found[1], idBoard=answer["id"])
        elif found := re.search(r"lists/(\w+)/moveAllCards$", path):
            for one in answer:
                self.put("card", one["id"], idList=found[1])
        elif found := re.search(r"boards/(\w+)/members(/\w+)?$", path):
            if exchange.method == "GET":
                self.put("board", found[1], memberships=[_membership(one["id"]) for one in answer])
            elif exchange.method == "DELETE":
                self.put("board", found[1], memberships=[_membership(found[2].strip("/"))])
                self.put("member", found[2].strip("/"))

    def _harvest(self, answer):
        """Note every object that an answer shows, at any depth."""
        if isinstance(answer, list):
            for one in answer:
                self._harvest(one)
        if not isinstance(answer, dict):
            return
        kind = _kind(answer)
        if kind == "card" and answer.get("idList") and answer.get("idBoard"):
            self.put("list", answer["idList"], idBoard=answer["idBoard"])
        if kind and ID.fullmatch(str(answer.get("id"))):
            self.put(kind, answer["id"], **answer)
        if kind != "action":
            for value in answer.values():
                self._harvest(value)
        elif "memberCreator" in answer:
            self._harvest(answer["memberCreator"])

    # --- completing ---

    def _complete(self):
        self.put("board", SOME_BOARD)
        for username, id_ in ME.items():
            self.put("member", id_, username=username)
        self.put("member", "557a84544757401c6fc036f7", username="wokenqingtian")
        self.put("member", "4f079adc73668b244b1c099a", username="rossta")
        for action in self._all("action"):
            self._complete_action(action)
        for checklist in self._all("checklist"):
            checklist.setdefault("idCard", "d" * 24)
            self.put("card", checklist["idCard"], idBoard=checklist.get("idBoard"))
        for card in self._all("card"):
            board = card.get("idBoard") or SOME_BOARD
            card["idList"] = card.get("idList") or board[::-1]
            self.put("list", card["idList"], idBoard=board)
            card["idBoard"] = self.objects["list"].get(card["idList"], {}).get("idBoard") or SOME_BOARD
        for kind in ("list", "label"):
            for one in self._all(kind):
                one["idBoard"] = one.get("idBoard") or SOME_BOARD
        some_board = next((one["idBoard"] for one in self._all("card")), SOME_BOARD)
        for one in self._all("customField"):
            one["idModel"] = one.get("idModel") or some_board
        for one in [*self._all("list"), *self._all("label"), *self._all("card")]:
            self.put("board", one["idBoard"])
        for one in self._all("customField"):
            self.put("board", one["idModel"])
        for member in self._all("member"):
            member.setdefault("username", f"user{member['id'][-6:]}")

    def _complete_action(self, action):
        data = action.setdefault("data", {})
        action.setdefault("type", "commentCard" if "text" in data else "createCard")
        action.setdefault("idMemberCreator", ME["tacokit"])
        for kind in ("board", "card", "list"):
            if kind in data and action["type"] != "deleteCard":
                self.put(
                    kind,
                    data[kind]["id"],
                    **({"idBoard": data["board"]["id"]} if kind == "list" and "board" in data else {}),
                )
        if "list" in data and "card" in data and "board" in data:
            self.put("card", data["card"]["id"], idList=data["list"]["id"], idBoard=data["board"]["id"])
        if "board" not in data:
            data["board"] = {"id": SOME_BOARD}
            self.put("board", SOME_BOARD)

    def _all(self, kind):
        return list(self.objects.get(kind, {}).values())

    def exports(self):
        """Return one board export for each board."""
        return [self._export(board) for board in self._all("board")]

    def _export(self, board):
        id_ = board["id"]
        cards = [
            {"name": "A card", "pos": 16384, **one, "shortLink": one.get("shortLink") or _short(one["id"])}
            for one in self._all("card")
            if one["idBoard"] == id_
        ]
        ids = {one["id"] for one in cards}
        members = self._all("member") if board is self._all("board")[0] else []
        memberships = [*(board.get("memberships") or []), *(_membership(one) for one in ME.values())]
        return {
            "name": "A board",
            **board,
            "shortLink": board.get("shortLink") or _short(id_),
            "memberships": list({one["idMember"]: one for one in memberships}.values()),
            "lists": [{"name": "A list", **one} for one in self._all("list") if one["idBoard"] == id_],
            "labels": [one for one in self._all("label") if one["idBoard"] == id_],
            "cards": cards,
            "checklists": [
                {"pos": 1, "name": "C", **one, "idBoard": id_}
                for one in self._all("checklist")
                if one["idCard"] in ids
            ],
            "customFields": [
                {"name": "F", **one} for one in self._all("customField") if one["idModel"] == id_
            ],
            "actions": [one for one in self._all("action") if one["data"]["board"]["id"] == id_],
            "members": members,
        }


def _short(id_):
    return next((short for short, long in SHORT.items() if long == id_), id_[-8:])


def _membership(member):
    people = {**ME, "wokenqingtian": "557a84544757401c6fc036f7"}
    id_ = people.get(member, member)
    return {
        "id": id_[::-1],
        "idMember": id_,
        "memberType": "normal",
        "unconfirmed": False,
        "deactivated": False,
    }


def _kind(answer):
    """Tell what an object is by its keys."""
    if "idShort" in answer or {"idList", "idBoard"} <= set(answer):
        return "card"
    for kind, keys in {
        "action": {"idMemberCreator", "type", "data"},
        "board": {"labelNames", "prefs"},
        "checklist": {"checkItems", "idCard"},
        "label": {"color", "idBoard"},
        "list": {"closed", "pos", "idBoard"},
        "customField": {"fieldGroup"},
        "member": {"username", "fullName"},
    }.items():
        if keys <= set(answer):
            return kind
    return None
