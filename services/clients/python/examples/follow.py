"""Prints what changes in a region, one line a change: follow.py URL REGION [LINES]."""

import asyncio
import sys

import tilanne


async def main(url: str, region: str, lines: int) -> None:
    """Print so many lines."""
    async with tilanne.connect(url) as client:
        vehicles = client.subscribe(
            region=region, layers=["vehicles"], filter="report.speed_km_h >= 0"
        )
        async for change in vehicles:
            if change.kind == "removed":
                print(f"{change.id} {change.reason}")
            else:
                print(f"{change.id} {change.kind} {change.object['report']['speed_km_h']:.0f} km/h")
            lines -= 1
            if lines <= 0:
                break


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 100))
