//! Every kind of model on disk and back, and what is said of folders that don't fit.

mod world;

use kairos_representation::{
    AtK, Dataset, Ease, EaseConfig, Evidence, Kind, Reached, RepresentationError, Settings, kind_of, load,
    train,
};

fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.graph_filter.vectors = 6;
    settings.lightgcn.width = 6;
    settings.lightgcn.epochs = 1;
    settings.sim.width = 6;
    settings.sim.epochs = 1;
    settings.graphcl.width = 6;
    settings.graphcl.epochs = 1;
    settings.graphcl.negatives = 8;
    let graphcl = settings.graphcl.clone();
    for evidence in &mut settings.mmbee.evidence {
        match evidence {
            Evidence::GraphFilter(config) => config.vectors = config.vectors.min(6),
            Evidence::GraphCl(config) => *config = graphcl.clone(),
            _ => {}
        }
    }
    // Take whatever helps at all, so that many kinds of parts are kept.
    settings.mmbee.selection.caution = 0.0;
    settings
}

#[test]
fn what_loads_scores_like_what_was_saved() {
    let (data, held) = world::dataset(2);
    let folder = tempfile::tempdir().expect("a folder");
    for kind in Kind::ALL {
        let model = train(kind, &data, Some(&held), &settings(), &mut |_| {}).expect("trains");
        let path = folder.path().join(kind.name());
        let reached = Reached {
            validation: vec![AtK { k: 20, recall: 0.5, precision: 0.1, ndcg: 0.25 }],
            ..Reached::default()
        };
        let digest = model.save(&path, &data.digests(), &reached).expect("writable");
        assert_eq!(kind_of(&path).expect("readable"), kind);
        let loaded = load(&path).expect("whole");
        assert_eq!((loaded.digest.as_str(), loaded.model.kind()), (digest.as_str(), kind));
        assert_eq!((&loaded.data, &loaded.reached), (&data.digests(), &reached));
        let (mut before, mut after) = (vec![0.0; world::ITEMS], vec![0.0; world::ITEMS]);
        for user in [0, 5, u32::MAX] {
            model.score(user, &[1, 2, 3], &mut before).expect("scores");
            loaded.model.score(user, &[1, 2, 3], &mut after).expect("scores");
            assert_eq!(before, after, "{kind} of user {user}");
        }
        // The same model writes the same bytes.
        let again = folder.path().join("again");
        assert_eq!(loaded.model.save(&again, &loaded.data, &reached).expect("writable"), digest);
    }
}

fn ease(folder: &std::path::Path) -> (Dataset, std::path::PathBuf) {
    let data = Dataset::new(world::logs(2).0);
    let path = folder.join("ease");
    let model = Ease::train(&data, &EaseConfig::default()).expect("trains");
    kairos_representation::Recommender::save(&model, &path, &data.digests(), &Reached::default())
        .expect("writable");
    (data, path)
}

fn rewritten(path: &std::path::Path, change: impl Fn(&str) -> String) -> String {
    let file = path.join("config.json");
    let old = std::fs::read_to_string(&file).expect("readable");
    let new = change(&old);
    assert_ne!(old, new);
    std::fs::write(&file, new).expect("writable");
    load(path).err().expect("refused").to_string()
}

#[test]
fn kind_that_nobody_knows_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, path) = ease(folder.path());
    let said = rewritten(&path, |config| config.replace("\"ease\"", "\"oracle\""));
    assert!(said.contains("kind is oracle") && said.contains("graph-filter, lightgcn"), "{said}");
    assert!(said.contains("config.json"), "{said}");
}

#[test]
fn folder_that_was_tampered_with_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, path) = ease(folder.path());
    let said = rewritten(&path, |config| config.replace("20.0", "21.0"));
    assert!(said.contains("digest"), "{said}");
    let (_, path) = ease(folder.path());
    let said = rewritten(&path, |config| config.replace("\"ease\"", "\"popularity\""));
    assert!(said.contains("config.json"), "{said}");
    std::fs::remove_file(path.join("model.safetensors")).expect("there");
    assert!(load(&path).is_err());
    assert!(load(&folder.path().join("nowhere")).is_err());
}

#[test]
fn model_of_another_number_of_items_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, path) = ease(folder.path());
    let mut digests = data.digests();
    digests.items += 1;
    let model = Ease::train(&data, &EaseConfig::default()).expect("trains");
    kairos_representation::Recommender::save(&model, &path, &digests, &Reached::default()).expect("writable");
    let error = load(&path).err().expect("refused");
    assert!(matches!(error, RepresentationError::Size { .. }), "{error}");
}

#[test]
fn too_many_items_are_refused_by_name_and_limit() {
    let data = Dataset::new(world::logs(2).0);
    let config = EaseConfig { max_items: 40, ..EaseConfig::default() };
    let said = Ease::train(&data, &config).expect_err("too many").to_string();
    assert!(said.contains("EASE") && said.contains("48") && said.contains("40 items"), "{said}");
    // The full model does without.
    let mut settings = settings();
    settings.mmbee.evidence.retain(|evidence| !matches!(evidence, Evidence::GraphCl(_)));
    for evidence in &mut settings.mmbee.evidence {
        if let Evidence::Ease(config) = evidence {
            config.max_items = 40;
        }
    }
    train(Kind::Mmbee, &data, None, &settings, &mut |_| {}).expect("trains");
}
