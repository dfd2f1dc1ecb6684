"""The requests about budgets; see `_calls`."""

from __future__ import annotations

from decimal import Decimal

from llmlab._calls import Call, filters, given, page, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from llmlab.types import BudgetChanges, BudgetFields, Moment


def list_budgets(cursor: str | None = None) -> Call:
    """GET /api/budgets."""
    return Call("GET", "/api/budgets", params=page(cursor))


def get_budget(budget_id: int) -> Call:
    """GET /api/budgets/{id}."""
    return Call("GET", f"/api/budgets/{int(budget_id)}")


def set_budget(amount: Decimal | str | float, fields: BudgetFields) -> Call:
    """POST /api/budgets."""
    return Call("POST", "/api/budgets", body=_body(amount, fields), prefer="user")


def change_budget(budget_id: int, fields: BudgetChanges) -> Call:
    """PATCH /api/budgets/{id}."""
    return Call("PATCH", f"/api/budgets/{int(budget_id)}", body=_fields(fields), prefer="user")


def delete_budget(budget_id: int) -> Call:
    """DELETE /api/budgets/{id}."""
    return Call("DELETE", f"/api/budgets/{int(budget_id)}", prefer="user")


def budget_values(budget_id: int, period: Moment | None, cursor: str | None) -> Call:
    """GET /api/budgets/{id}/values."""
    query = filters({"period": period})
    return Call("GET", f"/api/budgets/{int(budget_id)}/values", params=[*query, *page(cursor)])


def backtest(amount: Decimal | str | float, days: int, fields: BudgetFields) -> Call:
    """POST /api/budgets/backtest."""
    params = [("days", str(int(days)))]
    return Call("POST", "/api/budgets/backtest", params=params, body=_body(amount, fields))


def _body(amount: Decimal | str | float, fields: BudgetFields) -> dict[str, Any]:
    exact = plain(amount) if isinstance(amount, float | Decimal) else str(amount)
    return {"budget_amount": exact, **_fields(fields)}


def _fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    return given({"from" if name == "from_" else name: value for name, value in fields.items()})
