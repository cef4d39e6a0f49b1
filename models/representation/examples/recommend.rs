//! Trains the full recommender on a small generated log and prints its parts and a list.
//!
//! Invariants: the same output every time.

use kairos_representation::{
    Dataset, Interaction, Interactions, Mmbee, MmbeeConfig, Query, Result, recommend,
};

fn main() -> Result<()> {
    // Two circles of streamers; a viewer gifts in one of them, every seventh gift goes astray.
    let rows = (0..200_u32).flat_map(|user| {
        (0..4_u32).map(move |at| {
            let astray = u32::from((user + at).is_multiple_of(7));
            let item = (user * 5 + at * 3) % 20 * 2 + (user + astray) % 2;
            Interaction { user, item, value: (1 + user % 9) as f32, time: i64::from(at) }
        })
    });
    let data = Dataset::new(Interactions::from_rows(200, 40, rows)?);
    let mut config = MmbeeConfig::default();
    config.evidence.truncate(4);
    let model = Mmbee::train(&data, &config, None, &mut |epoch| println!("{epoch:?}"))?;
    for chosen in model.chosen() {
        println!("{} weighs {}", chosen.evidence.name(), chosen.weight);
    }
    let history = data.interactions.history_of(0);
    for (item, score) in recommend(&model, Query { user: 0, history: &history }, 5, &history)? {
        println!("item {item}: {score:.3}");
    }
    Ok(())
}
