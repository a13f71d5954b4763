"""What a query costs, as https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits reckons it: an object is a
point, a list so many as are asked for, a mutation ten."""

from typing import Any

from graphql import DocumentNode, FieldNode, GraphQLSchema, OperationDefinitionNode, SelectionSetNode
from graphql.language import FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, IntValueNode
from graphql.type import get_named_type, is_leaf_type

# of a list without `first`
_UNSAID = 10


def cost(schema: GraphQLSchema, document: DocumentNode, variables: dict[str, Any]) -> int:
    """The points of a document with one operation."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}

    def of(selections: SelectionSetNode, parent: Any, times: int) -> int:
        total = 0
        for one in selections.selections:
            if isinstance(one, FragmentSpreadNode):
                total += of(fragments[one.name.value].selection_set, parent, times)
            elif isinstance(one, InlineFragmentNode):
                total += of(one.selection_set, schema.type_map[one.type_condition.name.value], times)
            else:
                total += of_field(one, parent, times)
        return total

    def of_field(one: FieldNode, parent: Any, times: int) -> int:
        if one.selection_set is None:
            return 0
        kind = get_named_type(parent.fields[one.name.value].type)
        assert not is_leaf_type(kind)
        if kind.name == "PageInfo":
            return 0
        if one.name.value == "nodes":
            return times + of(one.selection_set, kind, times)
        first = next((each.value for each in one.arguments or () if each.name.value == "first"), None)
        count = 1
        if first is not None:
            count = int(first.value) if isinstance(first, IntValueNode) else variables[first.name.value]
        elif str(parent.fields[one.name.value].type).startswith("["):
            count = _UNSAID
        inside = times * count
        if kind.name.endswith("Connection"):
            return of(one.selection_set, kind, inside)
        return inside + of(one.selection_set, kind, inside)

    operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    if operation.operation.value == "mutation":
        return 10
    assert schema.query_type is not None
    return of(operation.selection_set, schema.query_type, 1)
