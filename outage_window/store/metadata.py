"""What all tables are registered in, whichever module says what they hold."""

from sqlalchemy import MetaData

metadata = MetaData()
