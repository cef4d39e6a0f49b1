//! kairos-clickhouse
