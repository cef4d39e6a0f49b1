//! Reading the configuration: file, environment, checks.

use std::path::{Path, PathBuf};

use kairos_timeline::Span;

use super::Config;

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file could not be read.
    #[error("configuration {file}: {source}")]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not valid: unknown field, wrong type, broken syntax.
    #[error("configuration {file}: {source}")]
    Parse {
        /// The file.
        file: PathBuf,
        /// Line and field.
        source: Box<toml::de::Error>,
    },
    /// A value is out of its range.
    #[error("configuration field {field}: {reason}")]
    Value {
        /// Path of the field.
        field: String,
        /// Why it can't be.
        reason: String,
    },
}

impl Config {
    /// Reads `file` (the defaults when `None`), applies overrides from `environment` and checks all of it.
    ///
    /// # Errors
    /// Names the file and field that is wrong.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let name = file.map_or_else(|| PathBuf::from("(defaults)"), Path::to_path_buf);
        let text = match file {
            Some(path) => std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Read { file: path.to_path_buf(), source })?,
            None => String::new(),
        };
        let parse = |source| ConfigError::Parse { file: name.clone(), source: Box::new(source) };
        // Parsed once on its own first: only then do errors point at the user's lines.
        let _checked: Self = toml::from_str(&text).map_err(parse)?;
        let mut table: toml::Table = toml::from_str(&text).map_err(parse)?;
        for (variable, value) in environment {
            // The name that users of whisper.cpp are told.
            let variable =
                if variable == "KAIROS_WHISPER_MODEL" { "KAIROS_SPEECH__MODEL".to_owned() } else { variable };
            override_field(&mut table, &variable, &value)?;
        }
        let config: Self = table.try_into().map_err(parse)?;
        config.check()?;
        Ok(config)
    }

    /// Length of a unit.
    pub fn unit(&self) -> Span {
        Span::from_millis(i64::from(self.unit_ms))
    }

    fn check(&self) -> Result<(), ConfigError> {
        let wrong = |field: &str, reason: String| Err(ConfigError::Value { field: field.to_owned(), reason });
        if !(500..=60_000).contains(&self.unit_ms) {
            return wrong("unit_ms", format!("{} is not within 500 and 60000", self.unit_ms));
        }
        if !(self.decode.per_second > 0.0 && self.decode.per_second <= 60.0) {
            return wrong(
                "decode.per_second",
                format!("{} is not above 0 and at most 60", self.decode.per_second),
            );
        }
        if self.decode.deadline_ms == 0 {
            return wrong("decode.deadline_ms", "must be positive".to_owned());
        }
        if !(0.0..=1.0).contains(&self.lateness.lag_confidence) {
            return wrong("lateness.lag_confidence", "must be within 0 and 1".to_owned());
        }
        let highlights = &self.highlights;
        if !(0.0..=1.0).contains(&highlights.enter) || !(0.0..=highlights.enter).contains(&highlights.leave) {
            return wrong(
                "highlights.enter",
                "enter and leave must be within 0 and 1, leave at most enter".to_owned(),
            );
        }
        let lengths = [highlights.shortest_s, highlights.longest_s, highlights.gap_s];
        if lengths.iter().any(|length| !(0.0..=86_400.0).contains(length))
            || highlights.longest_s < highlights.shortest_s
        {
            return wrong(
                "highlights.longest_s",
                "lengths must be 0 to 86400 seconds, longest at least shortest".to_owned(),
            );
        }
        if self.encoders.faces.is_some() != self.encoders.expressions.is_some() {
            return wrong("encoders.faces", "faces and expressions go together".to_owned());
        }
        if let Err(error) = self.encoders.server.check() {
            return wrong("encoders", error.to_string());
        }
        self.gifting.check()?;
        if let Err(error) = self.clips.check() {
            return wrong("clips", error.to_string());
        }
        self.gift.check()?;
        self.score.check()?;
        self.clip.check()?;
        if let Err(error) = self.graph.check() {
            return wrong("graph", error.to_string());
        }
        if let Err(error) = self.ingest.check() {
            return wrong("ingest", error.to_string());
        }
        if let Err(error) = self.chat.check() {
            return wrong("chat", error.to_string());
        }
        if let Err(error) = self.serve.check() {
            return wrong("serve", error.to_string());
        }
        if let Err(error) = self.speech.check() {
            return wrong("speech", error.to_string());
        }
        self.telemetry.check()?;
        if let Err(error) = self.kafka.check() {
            return wrong("kafka", error.to_string());
        }
        if let Some(url) = &self.clickhouse.url
            && !(url.starts_with("http://") || url.starts_with("https://"))
        {
            return wrong("clickhouse.url", format!("{url:?} does not start with http:// or https://"));
        }
        if self.clickhouse.url.is_none() && !self.clickhouse.cluster.is_empty() {
            return wrong(
                "clickhouse.cluster",
                "needs clickhouse.url: the embedded engine is alone".to_owned(),
            );
        }
        match self.clickhouse.retention.check() {
            Err(kairos_clickhouse::Error::Retention { field, days, longest }) => {
                let reason =
                    format!("{days} days are not within 1 and {longest}; leave it out to keep rows for ever");
                return wrong(&format!("clickhouse.retention.{field}"), reason);
            }
            Err(error) => return wrong("clickhouse.retention", error.to_string()),
            Ok(()) => {}
        }
        Ok(())
    }
}

/// Sections that the environment may override; other `KAIROS_` variables mean other things.
const SECTIONS: [&str; 23] = [
    "decode",
    "lateness",
    "model",
    "train",
    "gifting",
    "encoders",
    "compute",
    "highlights",
    "clips",
    "clickhouse",
    "graph",
    "gift",
    "ingest",
    "chat",
    "serve",
    "speech",
    "clip",
    "score",
    "kafka",
    "metrics",
    "telemetry",
    "log",
    "rates",
];

fn override_field(table: &mut toml::Table, variable: &str, value: &str) -> Result<(), ConfigError> {
    let Some(path) = variable.strip_prefix("KAIROS_").map(str::to_lowercase) else { return Ok(()) };
    let mut path: Vec<&str> = path.split("__").collect();
    let Some(leaf) = path.pop() else { return Ok(()) };
    let is_ours = if path.is_empty() { leaf == "unit_ms" } else { SECTIONS.contains(&path[0]) };
    if !is_ours {
        return Ok(());
    }
    let mut at = table;
    for part in path {
        let entry = at.entry(part).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        at = entry.as_table_mut().ok_or_else(|| ConfigError::Value {
            field: part.to_owned(),
            reason: format!("is not a section, so {variable} can't set a field of it"),
        })?;
    }
    // A number or a boolean where it reads as one, else text.
    let parsed = toml::from_str::<toml::Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| toml::Value::String(value.to_owned()));
    at.insert(leaf.to_owned(), parsed);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DecodeMode;

    fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Config::load(Some(file.path()), environment.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())))
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(load("", &[]).unwrap(), Config::default());
    }

    #[test]
    fn a_typo_names_its_line_and_field() {
        let error = load("unit_ms = 2000\n[decode]\nmodee = \"full\"\n", &[]).unwrap_err().to_string();
        assert!(error.contains("modee") && error.contains("line 3"), "{error}");
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let environment = [
            ("KAIROS_UNIT_MS", "1000"),
            ("KAIROS_DECODE__MODE", "full"),
            ("KAIROS_LIBCHDB", "/somewhere"),
            ("HOME", "/root"),
        ];
        let config = load("unit_ms = 2000", &environment).unwrap();
        assert_eq!((config.unit_ms, config.decode.mode), (1_000, DecodeMode::Full));
    }

    #[test]
    fn deployments_set_only_fields_that_exist() {
        const FILES: [&str; 3] = [
            include_str!("../../../docker-compose.yml"),
            include_str!("../../../deploy/kubernetes/kairos.yaml"),
            include_str!("../../../deploy/systemd/kairos@.service"),
        ];
        let is_name = |char: char| char.is_ascii_uppercase() || char == '_';
        let mut known = 0;
        for name in FILES.iter().flat_map(|file| file.split(|char| !is_name(char))) {
            if name.starts_with("KAIROS_") && !matches!(name, "KAIROS_LOG" | "KAIROS_CONFIG") {
                // A field that does not exist is told as unknown; any other complaint is about the value.
                // One that is a list takes it.
                let refused = load("", &[(name, "[]")]).err().map(|error| error.to_string());
                let is_unknown = refused.as_ref().is_some_and(|refused| refused.contains("unknown field"));
                assert!(!is_unknown, "{name}: {refused:?}");
                known += 1;
            }
        }
        assert!(known > 10);
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for (text, field) in [
            ("unit_ms = 1", "unit_ms"),
            ("[decode]\nper_second = 0.0", "decode.per_second"),
            ("[encoders]\nfaces = \"x.onnx\"", "encoders.faces: faces and expressions go together"),
            ("[encoders.server]\nwait_ms = 0", "encoders: server.wait_ms"),
            ("[clickhouse]\nurl = \"ftp://x\"", "clickhouse.url"),
            ("[clickhouse]\ncluster = \"live\"", "clickhouse.cluster"),
            ("[clickhouse.retention]\ncomments = 0", "clickhouse.retention.comments: 0 days"),
            ("[telemetry]\notlp = \"collector:4318\"", "telemetry.otlp"),
            ("[telemetry]\nsample = 1.5", "telemetry.sample"),
        ] {
            let error = load(text, &[]).unwrap_err().to_string();
            assert!(error.contains(field), "{error}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let config = load("", &[("KAIROS_CLICKHOUSE__PASSWORD", "hunter2")]).unwrap();
        assert_eq!(config.clickhouse.password.as_deref(), Some("hunter2"));
        assert!(!format!("{config:?}").contains("hunter2"));
        assert!(!toml::to_string(&config).unwrap().contains("hunter2"));
    }
}
