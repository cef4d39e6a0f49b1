//! Where weights lie: the hub's own cache, so that other tools find what kairos fetched and kairos what they fetched.

use std::path::{Path, PathBuf};

/// A cache of models.
#[derive(Debug, Clone)]
pub struct Places {
    root: PathBuf,
}

impl Places {
    /// `given`, or what `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME` and `HOME` say, in this order.
    pub fn find(given: Option<&Path>, env: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let named = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let root = given
            .map(Path::to_owned)
            .or_else(|| named("HF_HUB_CACHE"))
            .or_else(|| named("HF_HOME").map(|home| home.join("hub")))
            .or_else(|| named("XDG_CACHE_HOME").map(|cache| cache.join("huggingface/hub")))
            .or_else(|| named("HOME").map(|home| home.join(".cache/huggingface/hub")))?;
        Some(Self { root })
    }

    /// Files of one commit of a repository.
    pub fn folder(&self, repository: &str, commit: &str) -> PathBuf {
        let name = format!("models--{}", repository.replace('/', "--"));
        self.root.join(name).join("snapshots").join(commit)
    }

    /// What each name means.
    pub fn lock(&self) -> PathBuf {
        self.root.join("kairos-models.lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_where_the_environment_says_first() {
        let with = |given: Option<&str>, pairs: &'static [(&str, &str)]| {
            let env = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned());
            Places::find(given.map(Path::new), env).map(|places| places.root.display().to_string())
        };
        let all = &[("HF_HUB_CACHE", "/c"), ("HF_HOME", "/f"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/h")];
        assert_eq!(with(Some("/d"), all).as_deref(), Some("/d"));
        assert_eq!(with(None, all).as_deref(), Some("/c"));
        assert_eq!(with(None, &[("HF_HOME", "/f"), ("HOME", "/h")]).as_deref(), Some("/f/hub"));
        assert_eq!(
            with(None, &[("HF_HOME", ""), ("HOME", "/h")]).as_deref(),
            Some("/h/.cache/huggingface/hub")
        );
        assert_eq!(with(None, &[]), None);
    }
}
