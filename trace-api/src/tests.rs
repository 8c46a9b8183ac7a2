//! The routes, tried in process against real PostgreSQL.
