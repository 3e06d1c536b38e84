"""Links of which some lead nowhere: what is not paired is left out instead of failing its record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isthmus.connector.converter import RelatedMany
from isthmus.connector.modifiers import Source, external_to_m2m, id_of, m2m_to_external
from isthmus.errors import MappingError

if TYPE_CHECKING:
    from isthmus.connector.base_mapper import Mapper


class known_to_m2m(external_to_m2m):  # noqa: N801 - named like its kin
    """Turn external ids into the command that sets an x2many field, those without a pair left out."""

    def map_value(self, mapper: Mapper, value: Any, target: str) -> Any:
        model, unwrap = self._link(mapper, target)
        found = []
        for one in value or ():
            try:
                found.append(mapper.links.internal(model, one, unwrap=unwrap))
            except MappingError:
                continue
        return [(6, 0, found)]


class m2m_to_known(m2m_to_external):  # noqa: N801
    """Turn the records of an x2many field into external ids, those without a pair left out."""

    def map_value(self, mapper: Mapper, value: Any, target: str) -> Any:
        found = []
        for one in value or ():
            model, wrap = mapper.link_to(self._model(mapper, one), self.binding)
            try:
                found.append(mapper.links.external(model, id_of(one), wrap=wrap))
            except MappingError:
                continue
        return found


class Known(RelatedMany):
    """A list of external ids against an x2many; on each side what the other does not know is left out."""

    def inward(self, field: str) -> Source:
        return known_to_m2m(field, self.binding)

    def outward(self, field: str) -> Source:
        return m2m_to_known(field, self.binding)
