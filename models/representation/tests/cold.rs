//! Items nobody has chosen yet, and users who come after training.

mod world;

use kairos_representation::{
    Content, Dataset, Evidence, GraphCl, GraphClConfig, Link, Mmbee, MmbeeConfig, NeighbourConfig, Query,
    Recommender, SwingConfig, UNKNOWN_USER, content_neighbours, recommend, swing,
};
use world::{CIRCLES, ITEMS, USERS, circle, cold_item};

fn config(link: Link) -> GraphClConfig {
    GraphClConfig {
        width: 16,
        epochs: 25,
        batch: 128,
        negatives: 24,
        learning_rate: 1e-2,
        id_drop: 0.3,
        link,
        neighbours: NeighbourConfig { top: 5, ..NeighbourConfig::default() },
        ..GraphClConfig::default()
    }
}

/// Share of users who prefer the cold item of their own circle to those of the others.
fn right(model: &dyn Recommender, data: &Dataset) -> f64 {
    let mut scores = vec![0.0; ITEMS];
    let mut right = 0;
    for user in 0..USERS {
        model.score(user as u32, data.interactions.items_of(user as u32), &mut scores).expect("scores");
        let best = (0..CIRCLES)
            .max_by(|&a, &b| scores[cold_item(a) as usize].total_cmp(&scores[cold_item(b) as usize]));
        right += usize::from(best == Some(circle(user)));
    }
    right as f64 / USERS as f64
}

#[test]
fn item_without_interactions_is_ranked_by_its_content() {
    let (data, _) = world::dataset(5);
    for link in [Link::SampledSoftmax, Link::Bpr] {
        let model = GraphCl::train(&data, &config(link), None, &mut |_| {}).expect("trains");
        let share = right(&model, &data);
        assert!(share > 0.8, "{link:?}: {share}");
        // Without content nothing tells the cold items apart.
        let blind = GraphClConfig { content: false, ..config(link) };
        let share = right(&GraphCl::train(&data, &blind, None, &mut |_| {}).expect("trains"), &data);
        assert!(share < 0.6, "{link:?} without content: {share}");
    }
}

#[test]
fn user_who_comes_later_gets_a_vector_from_the_items() {
    let (data, _) = world::dataset(5);
    let model = GraphCl::train(&data, &config(Link::SampledSoftmax), None, &mut |_| {}).expect("trains");
    for home in 0..CIRCLES {
        let history = [home as u32, (home + CIRCLES) as u32, (home + 2 * CIRCLES) as u32];
        let vector = model.vectors().of(UNKNOWN_USER, &history);
        assert!(vector.iter().any(|&x| x != 0.0) && vector.len() == 16);
        let list = recommend(&model, Query { user: UNKNOWN_USER, history: &history }, 5, &history);
        let list = list.expect("scores");
        let at_home = list.iter().filter(|(item, _)| circle(*item as usize) == home).count();
        assert!(at_home >= 4, "circle {home}: {list:?}");
    }
    // Nobody at all still gets finite scores.
    assert!(model.vectors().of(UNKNOWN_USER, &[]).iter().all(|&x| x == 0.0));
}

#[test]
fn fused_model_serves_users_it_has_never_seen() {
    let (data, held) = world::dataset(5);
    let mut settings = MmbeeConfig::default();
    settings.evidence.retain(|evidence| !matches!(evidence, Evidence::GraphCl(_) | Evidence::GraphFilter(_)));
    let model = Mmbee::train(&data, &settings, Some(&held), &mut |_| {}).expect("trains");
    let history = [0, CIRCLES as u32];
    let list =
        recommend(&model, Query { user: UNKNOWN_USER, history: &history }, 3, &history).expect("scores");
    assert!(list.iter().all(|(item, _)| circle(*item as usize) == 0), "{list:?}");
}

/// The rows that chose are learnt from in the end, and choose nothing a second time.
#[test]
fn what_was_chosen_is_trained_again_as_it_was_chosen() {
    let (data, held) = world::dataset(5);
    let mut settings = MmbeeConfig::default();
    settings.evidence.retain(|evidence| !matches!(evidence, Evidence::GraphCl(_) | Evidence::GraphFilter(_)));
    let judged = Mmbee::train(&data, &settings, Some(&held), &mut |_| {}).expect("trains");
    let history = data.interactions.items_of(0).to_vec();
    let scores = |model: &Mmbee| {
        let mut scores = vec![0.0; ITEMS];
        model.score(0, &history, &mut scores).expect("scores");
        scores
    };
    // On the same rows it is the same model.
    let same = Mmbee::of_chosen(&data, judged.chosen().to_vec(), &mut |_| {}).expect("trains");
    assert_eq!(scores(&same), scores(&judged));
    let rows = data.interactions.rows().chain(held.rows()).collect::<Vec<_>>();
    let whole = kairos_representation::Interactions::from_rows(USERS, ITEMS, rows).expect("ids are in range");
    let whole = Dataset { interactions: whole, ..data.clone() };
    let last = Mmbee::of_chosen(&whole, judged.chosen().to_vec(), &mut |_| {}).expect("trains");
    assert_eq!(last.chosen(), judged.chosen());
    assert_ne!(scores(&last), scores(&judged), "the rows that chose are learnt from");
}

#[test]
fn swing_counts_pairs_of_users_who_share_little_else() {
    use kairos_representation::{Interaction, Interactions};
    // Users 0 and 1 share items 0 and 1 alone; 2 and 3 share 1, 2, 3 and 4.
    let rows =
        [(0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (2, 2), (2, 3), (2, 4), (3, 1), (3, 2), (3, 3), (3, 4)];
    let rows = rows.map(|(user, item)| Interaction::new(user, item));
    let rows = Interactions::from_rows(4, 5, rows).expect("ids are in range");
    let graph = swing(&rows, &SwingConfig { alpha: 1.0, top: 3, max_users: 100 }).expect("positive alpha");
    // Both orders of the pair count: 2 / (1 + 2) and 2 / (1 + 4).
    assert_eq!(graph.row(0), (&[1][..], &[2.0 / 3.0][..]));
    assert_eq!(graph.row(2), (&[1, 3, 4][..], &[0.4, 0.4, 0.4][..]));
    // The strongest three of four neighbours: of equals the smaller ids.
    assert_eq!(graph.row(1).0, [0, 2, 3]);
    assert!(swing(&rows, &SwingConfig { alpha: 0.0, ..SwingConfig::default() }).is_err());
}

#[test]
fn neighbours_by_clusters_are_nearly_those_of_all_pairs() {
    let content = world::content(5);
    let exact = content_neighbours(&content, &NeighbourConfig { top: 5, ..NeighbourConfig::default() });
    let approximate = NeighbourConfig { top: 5, exact_up_to: 0, probes: 3, ..NeighbourConfig::default() };
    let found = content_neighbours(&content, &approximate);
    let shared: usize = (0..ITEMS)
        .map(|item| found.row(item).0.iter().filter(|other| exact.row(item).0.contains(other)).count())
        .sum();
    assert!(shared as f64 > 0.8 * exact.len() as f64, "{shared} of {}", exact.len());
    let silent = Content::new("sound", 2, vec![0.0; 2 * ITEMS]).expect("finite");
    assert!(content_neighbours(&silent, &NeighbourConfig::default()).is_empty());
}
