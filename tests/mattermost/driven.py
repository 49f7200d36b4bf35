"""Calls a Mattermost by `mattermostautodriver`, which is generated from the vendor's description of the API.

A script for the Python of an environment of its own, run by tests/mattermost/test_standin_driver.py: its arguments are
the port, a token and the ids of a channel and of somebody. What came of each call is printed, as JSON.
"""

import asyncio
import json
import sys
from typing import Any

from mattermostautodriver import AsyncTypedDriver, TypedDriver  # type: ignore[import-not-found]
from mattermostautodriver.exceptions import MattermostError  # type: ignore[import-not-found]


def main() -> None:
    port, token, channel, user = sys.argv[1:]
    options = {"scheme": "http", "url": "127.0.0.1", "port": int(port), "token": token, "max_retries": 0}
    with TypedDriver(options) as driver:
        done = calls(driver, channel, user)
    done["events"] = asyncio.run(events(options, channel))
    sys.stdout.write(json.dumps(done))


def calls(driver: Any, channel: str, user: str) -> dict[str, Any]:
    """Everything that a bot asks of a Mattermost over HTTP."""
    done: dict[str, Any] = {"me": driver.login()}
    team = driver.teams.get_team_by_name("lab")["id"]
    done["channel"] = driver.channels.get_channel_by_name(team, "lab")
    done["member"] = driver.channels.get_channel_member(channel, user)
    done["direct"] = driver.channels.create_direct_channel([done["me"]["id"], user])
    done["file"] = driver.files.upload_file(files=("fleet.csv", b"a,b\n"), channel_id=channel)
    file = done["file"]["file_infos"][0]["id"]
    root = driver.posts.create_post(channel, "root", file_ids=[file], props={"xocompat": {"outbox": "1"}})
    below = driver.posts.create_post(channel, "below", root_id=root["id"])
    done["patched"] = driver.posts.patch_post(root["id"], message="root, later", props={"xocompat": {"outbox": "2"}})
    done["root"], done["below"] = root, below
    done["read"] = driver.posts.get_post(below["id"])
    done["since"] = driver.posts.get_posts_for_channel(channel, since=root["create_at"] - 1)
    done["page"] = driver.posts.get_posts_for_channel(channel, per_page=1)
    done["thread"] = driver.posts.get_post_thread(root["id"], perPage=60, direction="down")
    done["users"] = driver.users.get_users_by_ids([user])
    done["refused"] = {
        "no post": refused(driver.posts.get_post, "a" * 26),
        "no channel": refused(driver.posts.create_post, "a" * 26, "lost"),
        "too long": refused(driver.posts.create_post, channel, "x" * 16_384),
        "no groups": refused(driver.groups.get_groups_by_user_id, user),
        "no trigger": refused(driver.integration_actions.open_interactive_dialog, "no", "http://127.0.0.1:9/", {}),
    }
    done["deleted"] = driver.posts.delete_post(below["id"])
    return done


def refused(call: Any, *words: Any) -> list[Any]:
    try:
        return [call(*words)]
    except MattermostError as error:
        return [type(error).__name__, error.status_code, error.error_id]


async def events(options: dict[str, Any], channel: str) -> list[Any]:
    """The greeting, and what is told of a post that was made after it."""
    heard: list[Any] = []
    async with AsyncTypedDriver(options) as driver:
        await driver.login()

        async def hear(message: str) -> None:
            heard.append(json.loads(message))
            if heard[-1].get("event") == "hello":
                await driver.posts.create_post(channel, "told")
            elif heard[-1].get("event") == "posted":
                driver.disconnect()

        await driver.init_websocket(hear)
    return heard


if __name__ == "__main__":
    main()
