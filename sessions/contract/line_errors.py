"""Why a line is refused."""


class LineError(Exception):
    """One reason, as the API's error body has it.

    `field` is a dotted path such as `events[0].event_time`; None when the line as a whole is wrong.
    """

    def __init__(self, code: str, field: str | None, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.message = message

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


def required(field: str, message: str = "is required") -> LineError:
    return LineError("required_field", field, message)


def invalid(field: str, message: str) -> LineError:
    return LineError("invalid_value", field, message)


def unparsable(message: str) -> LineError:
    return LineError("parse_error", None, message)
