"""``isthmus components explain`` and ``isthmus map explain``: why what happens happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from isthmus.cli.console import table
from isthmus.cli.session import Session
from isthmus.errors import ModelError

if TYPE_CHECKING:
    from isthmus.app import App
    from isthmus.components import WorkContext

components = typer.Typer(help="The components of the loaded connectors.")
mappers = typer.Typer(help="The mappers of the loaded connectors.")


@components.command("explain")
def explain_components(
    ctx: typer.Context,
    usage: Annotated[str | None, typer.Option(help="The task: import.mapper, binder, …")] = None,
    model: Annotated[str | None, typer.Option(help="The model that is worked on.")] = None,
    collection: Annotated[str | None, typer.Option(help="The model of the backend.")] = None,
) -> None:
    """Show which component serves a task, and why the others do not."""
    session: Session = ctx.obj
    with session.app() as app:
        found = bare_context(app, model, collection).explain(usage)
    rows = [(one.name, one.outcome, one.reason) for one in found.verdicts]
    session.console.result(
        found.as_dict(),
        table(found.question, ["component", "outcome", "reason"], rows),
        *([f"Hint: {found.hint}"] if found.hint else []),
    )


@mappers.command("explain")
def explain_mappers(
    ctx: typer.Context, model: Annotated[str, typer.Argument(help="A binding model, such as trello.card.")]
) -> None:
    """Show what the mappers of a model do, rule by rule."""
    session: Session = ctx.obj
    with session.app() as app:
        found = mapper_tables(app, model)
    columns = ["from", "to", "rule", "modifiers", "on create only"]
    session.console.result(
        {"model": model, "mappers": found},
        *(
            table(
                f"{one['mapper']} ({one['usage']})",
                columns,
                [(row.source, row.target, row.rule, row.modifiers, row.only_create) for row in one["rules"]],
            )
            for one in found
        ),
    )


def mapper_tables(app: App, model: str) -> list[dict[str, Any]]:
    """Return name, usage and rules of the mappers of a model. Raises ModelError when it has none."""
    from isthmus.connector.base_mapper import Mapper

    app.registry[model]  # an unknown model is refused with the nearest name
    found = [
        {"mapper": cls._name, "usage": cls._usage, "rules": cls.table()}
        for cls in app.components
        if issubclass(cls, Mapper) and not cls._abstract and model in served(cls)
    ]
    if not found:
        known = sorted({one for cls in app.components if issubclass(cls, Mapper) for one in served(cls)})
        raise ModelError(
            f"no mapper is made for {model!r}", hint=f"Models with one: {', '.join(known) or 'none'}."
        )
    return found


def served(cls: Any) -> tuple[str, ...]:
    """Return the models that a component names; empty when it serves any."""
    models = cls._apply_on or ()
    return (models,) if isinstance(models, str) else tuple(models)


def bare_context(app: App, model: str | None, collection: str | None) -> WorkContext:
    """Return a work context that is enough to ask about components, without any record behind it."""
    from isthmus.components import WorkContext

    backend = app.registry[collection] if collection else None
    return WorkContext(model_name=model, collection=backend, components_registry=app.components)
