//! `kairos doctor`: what this machine has of what kairos needs, and how to get the rest.
//!
//! It looks and never changes anything. A part that is only needed for some work is
//! reported as missing and leaves the verdict as it is.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use serde::Serialize;

/// The engine's version that is looked for in the cache.
const LIBCHDB: &str = "libchdb-26.7.3";
/// A smaller file is a download that was cut off.
const LIBCHDB_LEAST_BYTES: u64 = 400 << 20;
/// Encoders without which neither a clip nor a simulated room can be written.
const ENCODERS: [&str; 3] = ["libx264", "aac", "mjpeg"];
/// Decoders of what live platforms send.
const DECODERS: [&str; 5] = ["h264", "hevc", "aac", "opus", "mp3"];
/// Below this much space a replay of an hour may not find room for its clips and rows.
const LEAST_FREE_BYTES: u64 = 2 << 30;
/// Below this much memory the embedded engine and decoding do not fit side by side.
const LEAST_MEMORY_BYTES: u64 = 2 << 30;

/// What was found of one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Finding {
    part: &'static str,
    ok: bool,
    /// Whether kairos can do its main work without it.
    optional: bool,
    found: String,
    /// How to get it, where it is missing.
    fix: Option<String>,
}

impl Finding {
    fn new(part: &'static str, found: Result<String, String>, fix: &str) -> Self {
        let ok = found.is_ok();
        let found = found.unwrap_or_else(|what| what);
        Self { part, ok, optional: false, found, fix: (!ok).then(|| fix.to_owned()) }
    }

    fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
}

/// Prints what is there and what is missing; true when nothing needed is missing.
///
/// With `json`, prints one object: `ok` and `parts` of `part`, `ok`, `optional`,
/// `found` and `fix`. Fails only when standard output cannot be written.
pub fn run(json: bool) -> anyhow::Result<bool> {
    let parts = examine();
    let ok = verdict(&parts);
    let mut out = std::io::stdout().lock();
    let text = if json {
        let answer = serde_json::json!({ "ok": ok, "parts": parts });
        serde_json::to_string_pretty(&answer).context("the findings as JSON")? + "\n"
    } else {
        as_text(&parts)
    };
    out.write_all(text.as_bytes()).context("writing the findings")?;
    Ok(ok)
}

fn verdict(parts: &[Finding]) -> bool {
    parts.iter().all(|part| part.ok || part.optional)
}

fn as_text(parts: &[Finding]) -> String {
    let mut text = String::new();
    for part in parts {
        let mark = match (part.ok, part.optional) {
            (true, _) => "ok      ",
            (false, true) => "optional",
            (false, false) => "MISSING ",
        };
        text.push_str(&format!("{mark}  {:<18}  {}\n", part.part, part.found));
        if let Some(fix) = &part.fix {
            text.push_str(&format!("{:30}-> {fix}\n", ""));
        }
    }
    text.push_str(if verdict(parts) {
        "everything needed is here\n"
    } else {
        "something needed is missing\n"
    });
    text
}

fn examine() -> Vec<Finding> {
    vec![
        engine(),
        ffmpeg_version(),
        ffmpeg_parts("encoders", &ENCODERS),
        ffmpeg_parts("decoders", &DECODERS),
        espeak(),
        disk(Path::new(".")),
        memory(),
        cores(),
        weights("KAIROS_ENCODERS__MOBILENET", "picture weights"),
        weights("KAIROS_ENCODERS__YAMNET", "sound weights"),
        folder("KAIROS_ENCODERS__TEXT", "sentence encoder"),
        folder("KAIROS_ENCODERS__CLIP", "CLIP"),
    ]
}

/// Where the embedded engine is looked for: a named file, else the cache.
fn engine_path(env: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let named = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("KAIROS_LIBCHDB").or_else(|| {
        let cache = named("KAIROS_CACHE")
            .or_else(|| named("XDG_CACHE_HOME").map(|cache| cache.join("kairos")))
            .or_else(|| named("HOME").map(|home| home.join(".cache/kairos")))?;
        Some(cache.join(LIBCHDB).join("libchdb.so"))
    })
}

fn engine() -> Finding {
    let found = match engine_path(|name| std::env::var(name).ok()) {
        None => Err("no cache folder: neither KAIROS_CACHE nor HOME is set".to_owned()),
        Some(path) => engine_at(&path),
    };
    let fix = if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        "make setup, or name the file by KAIROS_LIBCHDB, or a ClickHouse server by KAIROS_CLICKHOUSE__URL"
    } else {
        "not available for this machine: name a ClickHouse server by KAIROS_CLICKHOUSE__URL"
    };
    let finding = Finding::new("ClickHouse engine", found, fix);
    let has_server = std::env::var("KAIROS_CLICKHOUSE__URL").is_ok_and(|url| !url.is_empty());
    if has_server { finding.optional() } else { finding }
}

fn engine_at(path: &Path) -> Result<String, String> {
    let shown = path.display();
    match std::fs::metadata(path) {
        Ok(file) if file.len() >= LIBCHDB_LEAST_BYTES => Ok(format!("{shown}, {} MiB", file.len() >> 20)),
        Ok(file) => Err(format!("{shown} has only {} MiB", file.len() >> 20)),
        Err(error) => Err(format!("{shown}: {error}")),
    }
}

/// Standard output of a program; what went wrong where it did not run well.
fn output_of(program: &str, arguments: &[&str]) -> Result<String, String> {
    let ran =
        Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    if ran.status.success() {
        Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
    } else {
        Err(format!("{program} ended with {}", ran.status))
    }
}

fn ffmpeg_version() -> Finding {
    let found = output_of("ffmpeg", &["-hide_banner", "-version"]).map(|text| {
        let words = |line: &str| line.split_whitespace().take(3).skip(2).collect::<String>();
        let version = text.lines().next().map(words).unwrap_or_default();
        let mut libraries = text.lines().filter(|line| line.starts_with("lib")).filter_map(|line| {
            let (name, version) = line.split_once(char::is_whitespace)?;
            let version: String = version.split('/').next()?.split_whitespace().collect();
            Some(format!("{name} {version}"))
        });
        format!("{version} ({})", libraries.by_ref().take(3).collect::<Vec<_>>().join(", "))
    });
    Finding::new("ffmpeg", found, "apt-get install ffmpeg")
}

fn ffmpeg_parts(kind: &'static str, needed: &[&str]) -> Finding {
    let list = output_of("ffmpeg", &["-hide_banner", &format!("-{kind}")]);
    let found = list.and_then(|list| {
        let missing = missing_codecs(&list, needed);
        if missing.is_empty() {
            Ok(needed.join(", "))
        } else {
            Err(format!("without {}", missing.join(", ")))
        }
    });
    Finding::new(kind, found, "apt-get install ffmpeg (a build of FFmpeg with them)")
}

/// Which of the needed names do not stand in the second column of ffmpeg's list.
fn missing_codecs<'a>(list: &str, needed: &[&'a str]) -> Vec<&'a str> {
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    needed.iter().copied().filter(|name| !names.contains(name)).collect()
}

fn espeak() -> Finding {
    let found = output_of("espeak-ng", &["--version"])
        .map(|text| text.lines().next().unwrap_or("").trim().to_owned());
    Finding::new("espeak-ng", found, "apt-get install espeak-ng (only simulated rooms speak with it)")
        .optional()
}

fn disk(folder: &Path) -> Finding {
    let found = output_of("df", &["-Pk", &folder.to_string_lossy()]).and_then(|table| {
        let free = free_bytes(&table).ok_or("df's answer was not understood")?;
        let words = format!("{:.1} GiB free in this folder", gib(free));
        if free >= LEAST_FREE_BYTES { Ok(words) } else { Err(words) }
    });
    Finding::new("disk", found, "make room, or write elsewhere by --out: rows and clips need some GiB")
        .optional()
}

/// The fourth column of `df -Pk`, in bytes.
fn free_bytes(table: &str) -> Option<u64> {
    table.lines().nth(1)?.split_whitespace().nth(3)?.parse::<u64>().ok()?.checked_mul(1024)
}

fn memory() -> Finding {
    let found = std::fs::read_to_string("/proc/meminfo").map_err(|error| format!("/proc/meminfo: {error}"));
    let found = found.and_then(|table| {
        let line = |name: &str| meminfo(&table, name).ok_or(format!("/proc/meminfo has no {name}"));
        let (total, available) = (line("MemTotal")?, line("MemAvailable")?);
        let words = format!("{:.1} GiB, {:.1} GiB available", gib(total), gib(available));
        if available >= LEAST_MEMORY_BYTES { Ok(words) } else { Err(words) }
    });
    Finding::new("memory", found, "2 GiB should be available; replay fewer rooms at a time").optional()
}

fn meminfo(table: &str, name: &str) -> Option<u64> {
    let line = table.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

fn gib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1_u32 << 30)
}

fn cores() -> Finding {
    let found =
        std::thread::available_parallelism().map(|n| n.to_string()).map_err(|error| error.to_string());
    Finding::new("cores", found, "nothing to do: one is assumed").optional()
}

/// Weights that are used where an environment variable names them.
fn weights(variable: &str, part: &'static str) -> Finding {
    let found = match std::env::var(variable) {
        Ok(path) if Path::new(&path).is_file() => Ok(path),
        Ok(path) => Err(format!("{variable} names {path}, which is no file")),
        Err(_) => Err("none, the built-in encoder alone is used".to_owned()),
    };
    Finding::new(part, found, &format!("{variable} names a safetensors file")).optional()
}

/// A pretrained network that is used where an environment variable names its folder.
fn folder(variable: &str, part: &'static str) -> Finding {
    let found = match std::env::var(variable) {
        Ok(path) => kairos_transformers::check_config(Path::new(&path))
            .map(|kind| format!("{path}, {kind}"))
            .map_err(|error| format!("{variable}: {error}")),
        Err(_) => Err("none, nothing is found by meaning".to_owned()),
    };
    Finding::new(part, found, &format!("{variable} names a folder in Hugging Face's layout")).optional()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_is_looked_for_where_the_environment_says_first() {
        let with = |pairs: &[(&str, &str)]| {
            let pairs: Vec<(String, String)> =
                pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
            engine_path(move |name| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()))
        };
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(with(&[]), None);
        assert_eq!(with(&[("HOME", "/h")]), path("/h/.cache/kairos/libchdb-26.7.3/libchdb.so"));
        assert_eq!(
            with(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x")]),
            path("/x/kairos/libchdb-26.7.3/libchdb.so")
        );
        assert_eq!(with(&[("HOME", "/h"), ("KAIROS_CACHE", "/k")]), path("/k/libchdb-26.7.3/libchdb.so"));
        assert_eq!(with(&[("KAIROS_CACHE", "/k"), ("KAIROS_LIBCHDB", "/l.so")]), path("/l.so"));
        assert_eq!(
            with(&[("HOME", "/h"), ("KAIROS_CACHE", "")]),
            path("/h/.cache/kairos/libchdb-26.7.3/libchdb.so")
        );
    }

    #[test]
    fn engine_that_was_cut_off_is_missing() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        assert!(engine_at(file.path()).expect_err("empty").contains("only 0 MiB"));
        file.as_file().set_len(LIBCHDB_LEAST_BYTES).expect("a sparse file");
        assert!(engine_at(file.path()).expect("whole").ends_with("400 MiB"));
        assert!(engine_at(Path::new("/nowhere/libchdb.so")).is_err());
    }

    #[test]
    fn codecs_are_compared_by_whole_name() {
        let list =
            "Encoders:\n V..... = Video\n ------\n V....D libx264              H.264\n A....D aac  AAC\n";
        assert!(missing_codecs(list, &["libx264", "aac"]).is_empty());
        assert_eq!(missing_codecs(list, &["libx26", "mjpeg", "aac"]), ["libx26", "mjpeg"]);
    }

    #[test]
    fn tables_of_the_system_are_read_in_bytes() {
        let df = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda 100 40 60 40% /\n";
        assert_eq!(free_bytes(df), Some(60 << 10));
        assert_eq!(free_bytes("df: no such file\n"), None);
        let meminfo_table = "MemTotal:       2048 kB\nMemAvailable:   1024 kB\n";
        assert_eq!(meminfo(meminfo_table, "MemAvailable"), Some(1 << 20));
        assert_eq!(meminfo(meminfo_table, "Mem"), None);
    }

    #[test]
    fn only_what_is_needed_decides_the_verdict() {
        let there = Finding::new("a", Ok("1".into()), "");
        let gone = Finding::new("b", Err("none".into()), "apt-get install b");
        assert!(verdict(&[there.clone(), gone.clone().optional()]));
        assert!(!verdict(&[there.clone(), gone.clone()]));
        let text = as_text(&[there, gone]);
        assert!(
            text.contains("MISSING") && text.contains("-> apt-get install b") && text.ends_with("missing\n"),
            "{text}"
        );
    }
}
