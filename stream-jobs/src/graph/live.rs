//! The gift graph while it changes: gifts in, neighbours with the ids that rankers know out.
//!
//! Invariants: what is read depends on the gifts and their order alone; weights are as of a moment that only the gifts'
//! own times move; ids are XXH3 of the platform's, users and streamers apart.

use kairos_gifting::Neighbour;
use kairos_graph::{Gift, Graph, Metapath, NeighbourTables};

use crate::gift::GiftConfig;

/// A ranker's id of a user or a streamer.
pub fn id_of(text: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(text.as_bytes())
}

/// A neighbour in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// The node at the end of the path.
    pub node: String,
    /// Who lies in between.
    pub via: Option<String>,
    /// Product of the weights along the path.
    pub weight: f32,
}

/// A graph, its neighbours, and the gifts since they were last read.
#[derive(Debug)]
pub struct LiveGraph {
    graph: Graph,
    tables: NeighbourTables,
    step: GiftConfig,
    is_behind: bool,
}

impl LiveGraph {
    /// A graph and its neighbours.
    pub fn new(graph: Graph, tables: NeighbourTables, config: &GiftConfig) -> Self {
        Self { graph, tables, step: config.clone(), is_behind: false }
    }

    /// A graph without gifts.
    ///
    /// # Errors
    /// If a setting is out of range.
    pub fn empty(config: &crate::config::Config) -> anyhow::Result<Self> {
        let graph = Graph::empty(config.graph.clone())?;
        let tables = NeighbourTables::build(&graph)?;
        Ok(Self::new(graph, tables, &config.gift))
    }

    /// The graph itself.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The graph itself, to note positions and to write it.
    pub fn graph_mut(&mut self) -> &mut Graph {
        self.is_behind = true;
        &mut self.graph
    }

    /// Takes a gift.
    ///
    /// # Errors
    /// If a field is out of range; the graph is then as before.
    pub fn give(&mut self, gift: &Gift<'_>) -> Result<(), kairos_graph::Error> {
        self.graph.apply(gift)?;
        self.is_behind = true;
        let as_of = self.step.as_of_us(gift.at_us);
        if as_of > self.graph.as_of_us() {
            self.graph.set_as_of_us(as_of)?;
        }
        Ok(())
    }

    /// Brings the neighbours up to date; to be called before they are read.
    ///
    /// # Errors
    /// If there are more neighbours than can be numbered.
    pub fn refresh(&mut self) -> Result<(), kairos_graph::Error> {
        if std::mem::take(&mut self.is_behind) {
            let changes = self.graph.take_changes();
            self.tables.update(&self.graph, &changes)?;
        }
        Ok(())
    }

    /// Ends of the metapaths from a user, in the order of [`kairos_gifting::Path::USER_SIDE`]; empty for a user who never
    /// gave.
    pub fn of_user(&self, user: &str) -> [Vec<Neighbour>; 3] {
        let Some(index) = self.graph.user(user) else { return Default::default() };
        let lists = self.tables.user(&self.graph, index);
        [self.ids(lists.given, false), self.ids(&lists.similar, false), self.ids(&lists.shared, false)]
    }

    /// Ends of the metapaths from a streamer, in the order of [`kairos_gifting::Path::STREAMER_SIDE`].
    pub fn of_streamer(&self, streamer: &str) -> [Vec<Neighbour>; 3] {
        let Some(index) = self.graph.streamer(streamer) else { return Default::default() };
        let lists = self.tables.streamer(&self.graph, index);
        [self.ids(lists.similar, false), self.ids(lists.shared, false), self.ids(lists.givers, true)]
    }

    /// The neighbour with a ranker's id at the end of a path, in words.
    pub fn named(&self, path: kairos_gifting::Path, user: &str, streamer: &str, id: u64) -> Option<Named> {
        let metapath = metapath(path);
        let start = match metapath.from_user() {
            true => self.graph.user(user)?,
            false => self.graph.streamer(streamer)?,
        };
        let found = self.tables.neighbours(&self.graph, metapath, start);
        let name = |node: u32| match path.ends_at_users() {
            true => self.graph.user_id(node),
            false => self.graph.streamer_id(node),
        };
        let neighbour =
            found.iter().find(|neighbour| name(neighbour.node).is_some_and(|name| id_of(name) == id))?;
        let streamer = neighbour.via_streamer().and_then(|via| self.graph.streamer_id(via));
        let via = streamer.or_else(|| neighbour.via_user().and_then(|via| self.graph.user_id(via)));
        Some(Named {
            node: name(neighbour.node)?.to_owned(),
            via: via.map(str::to_owned),
            weight: neighbour.weight,
        })
    }

    fn ids(&self, found: &[kairos_graph::Neighbour], users: bool) -> Vec<Neighbour> {
        let name = |node: u32| if users { self.graph.user_id(node) } else { self.graph.streamer_id(node) };
        let id = |neighbour: &kairos_graph::Neighbour| {
            Some(Neighbour { node: id_of(name(neighbour.node)?), weight: neighbour.weight })
        };
        found.iter().filter_map(id).collect()
    }
}

fn metapath(path: kairos_gifting::Path) -> Metapath {
    use kairos_gifting::Path;
    match path {
        Path::UserStreamer => Metapath::UserStreamer,
        Path::UserStreamerStreamer => Metapath::UserStreamerStreamer,
        Path::UserStreamerUserStreamer => Metapath::UserStreamerUserStreamer,
        Path::StreamerStreamer => Metapath::StreamerStreamer,
        Path::StreamerUserStreamer => Metapath::StreamerUserStreamer,
        Path::StreamerUser => Metapath::StreamerUser,
    }
}
