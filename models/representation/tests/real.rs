//! EASE and the walk on a public data set, against values found apart from this crate.
//!
//! Runs on the folder that `KAIROS_SHARED` names; says so and does without where it is unset.

use kairos_representation::{
    Content, Dataset, Ease, EaseConfig, Evidence, Interaction, Interactions, Mmbee, MmbeeConfig, WalkConfig,
    evaluate,
};
use std::path::Path;

const USERS: usize = 9308;
const ITEMS: usize = 6710;

fn rows(file: &Path) -> Interactions {
    let text = std::fs::read_to_string(file).expect("readable");
    let row = |line: &str| {
        let (user, item) = line.split_once('\t').expect("two columns");
        Interaction::new(user.parse().expect("an id"), item.parse().expect("an id"))
    };
    Interactions::from_rows(USERS, ITEMS, text.lines().skip(1).map(row)).expect("ids are in range")
}

/// A matrix of 16-bit floating-point numbers in NumPy's format, version 1.
fn features(file: &Path, width: usize) -> Content {
    let bytes = std::fs::read(file).expect("readable");
    let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let number = |pair: &[u8]| {
        let bits = u16::from_le_bytes([pair[0], pair[1]]);
        let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
        let size = match exponent {
            0 => fraction * 2.0_f32.powi(-24),
            _ => (1.0 + fraction / 1024.0) * 2.0_f32.powi(exponent - 15),
        };
        if bits >> 15 == 1 { -size } else { size }
    };
    let values = bytes[start..].chunks_exact(2).map(number).collect();
    Content::new("image", width, values).expect("finite")
}

#[test]
fn public_recommendations_reach_what_others_measured() {
    let Ok(shared) = std::env::var("KAIROS_SHARED") else {
        println!("skipped: KAIROS_SHARED is not set");
        return;
    };
    let folder = Path::new(&shared).join("data/tiktok");
    let (train, held) = (rows(&folder.join("train.tsv")), rows(&folder.join("val.tsv")));
    let data = Dataset {
        interactions: train.clone(),
        content: vec![features(&folder.join("image_feat.npy"), 128)],
        social: None,
    };
    let ease = Ease::train(&data, &EaseConfig { lambda: 20.0, ..EaseConfig::default() }).expect("trains");
    let at = evaluate(&ease, &train, &held, &[20]).expect("judged").at[0];
    println!("ease {at:?}");
    // NumPy's inverse: .0888 and .0368, equal scores aside.
    assert!((at.recall - 0.0888).abs() < 0.001 && (at.ndcg - 0.0368).abs() < 0.001, "{at:?}");

    for (content, recall, ndcg) in [(0.0, 0.1095, 0.0486), (0.3, 0.1137, 0.0497)] {
        let walk = Evidence::Walk(WalkConfig { content, ..WalkConfig::default() });
        let config = MmbeeConfig { evidence: vec![walk], ..MmbeeConfig::default() };
        let model = Mmbee::train(&data, &config, Some(&held), &mut |_| {}).expect("trains");
        let at = evaluate(&model, &train, &held, &[20]).expect("judged").at[0];
        println!("walk with content {content}: {at:?}");
        assert!((at.recall - recall).abs() < 0.0015 && (at.ndcg - ndcg).abs() < 0.001, "{at:?}");
    }
}
