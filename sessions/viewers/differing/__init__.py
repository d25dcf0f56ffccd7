"""How two sessions differ in their events, requests and logs. Everything here takes bounded time and memory."""
