"""A shop that goes away before its n-th answer, whatever it is asked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from shop_testing import OwnShop

from actions.shop.changes import ChangeKind


@dataclass
class Failing:
    """Answers so many times as the real one. `can` is the real one's, or nothing."""

    own: OwnShop
    answers: int
    able: bool = True

    @property
    def can(self) -> frozenset[ChangeKind]:
        return self.own.shop.can if self.able else frozenset()

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def answer(*asked: Any) -> Any:
            if self.answers <= 0:
                raise OSError("no route to host")
            self.answers -= 1
            return await getattr(self.own.shop, name)(*asked)

        return answer
