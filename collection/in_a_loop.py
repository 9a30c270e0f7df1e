"""Running asynchronous work from a thread that works with the database, which an event loop's own thread must not."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

Result = TypeVar("Result")

LOOK_EVERY_SECONDS = 1.0


def run(work: Coroutine[Any, Any, Result], *, look: Callable[[], object], every: float = LOOK_EVERY_SECONDS) -> Result:
    """Run work in an event loop of its own, and call `look` in this thread again and again, and once at the end.

    What `look` raises ends the work, and is raised here.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="loop")
    thread.start()
    future = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        _wait(future, look, every)
        return future.result()
    finally:
        asyncio.run_coroutine_threadsafe(_stop_all(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _wait(future: "Future[Any]", look: Callable[[], object], every: float) -> None:
    ended = threading.Event()
    future.add_done_callback(lambda _future: ended.set())
    while not ended.wait(every):
        look()
    look()


async def _stop_all() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
