//! A ranker on disk.

use crate::serving::ranker;
use crate::world::{self, random};
use candle_core::Device;
use kairos_gifting::{Example, Ranker};

#[test]
fn loaded_ranker_predicts_bit_for_bit_the_same() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("ranker");
    let mut random = random(21);
    let nodes = world::nodes(&mut random);
    let ranker = ranker(world::config());
    let digest = ranker.save(&path, &"nothing").expect("writable");
    let (loaded, metrics, same) = Ranker::load::<String>(&path, &Device::Cpu).expect("just saved");
    assert_eq!((metrics.as_str(), same), ("nothing", digest));
    let examples: Vec<Example> = (0..20).map(|_| world::example(&mut random)).collect();
    let want = ranker.predict(&examples, &nodes).expect("fine inputs");
    assert_eq!(loaded.predict(&examples, &nodes).expect("fine inputs"), want);
    assert!(loaded.knows_streamer(3) && !loaded.knows_streamer(world::STREAMERS - 1));
}

#[test]
fn another_kind_of_checkpoint_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("ranker");
    ranker(world::config()).save(&path, &"nothing").expect("writable");
    let file = path.join("config.json");
    let text = std::fs::read_to_string(&file).expect("saved");
    std::fs::write(&file, text.replace("mmbee-ranker", "content-ctr")).expect("writable");
    let error = Ranker::load::<String>(&path, &Device::Cpu).expect_err("another kind").to_string();
    assert!(error.contains("field kind is content-ctr, expected mmbee-ranker"), "{error}");
}
