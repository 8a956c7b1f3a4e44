"""The project's version, where a record finds it without the rest of the library."""

__version__ = "0.2.0"
