//! Streaming jobs: the only place where ingest, models and sinks meet.
