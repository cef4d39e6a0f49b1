//! The gift graph in SQL: gifts in order, edges, Swing, metapath neighbours, as plain rows.
//!
//! Invariants: a room is its streamer's; the queries are the named ones (`graph-edges`, `graph-swing`,
//! `graph-neighbours`), so that an analyst sees the same numbers; nothing here knows the model.

use clickhouse::{Row, RowOwned, RowRead};
use serde::{Deserialize, Serialize};

use crate::{Error, Store};

/// What the graph's queries can be told; the defaults are theirs.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphQuery {
    /// Hours after which a gift weighs half; 0 for never.
    pub half_life_hours: f64,
    /// What is summed: `value` or `count`.
    pub basis: String,
    /// The moment that weights are as of, Unix microseconds; 0 for the last gift.
    pub as_of_us: i64,
    /// Smoothing of Swing.
    pub alpha: f64,
    /// Streamers kept per Swing list.
    pub swing_top_k: u32,
    /// Users who gave to more streamers are left out of Swing.
    pub max_user_degree: u32,
    /// Givers paired per Swing list, the last active ones.
    pub max_streamer_users: u32,
    /// Neighbours kept per node and path.
    pub top_k: u32,
    /// Edges followed from a node.
    pub fan_out: u32,
    /// Whether `uaa` and `uaua` leave out streamers that the user has given to.
    pub only_new: bool,
}

impl Default for GraphQuery {
    fn default() -> Self {
        Self {
            half_life_hours: 720.0,
            basis: "value".to_owned(),
            as_of_us: 0,
            alpha: 1.0,
            swing_top_k: 32,
            max_user_degree: 256,
            max_streamer_users: 1024,
            top_k: 16,
            fan_out: 32,
            only_new: true,
        }
    }
}

/// One gift, for whoever builds a graph.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct GiftRecord {
    /// Who gave.
    pub user: String,
    /// Who received: the room.
    pub streamer: String,
    /// Items.
    pub count: u32,
    /// Value of all of them, United States dollars.
    pub value: f64,
    /// When, Unix microseconds.
    pub sent_at: i64,
}

/// A user and a streamer with gifts between them.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct GiftEdge {
    /// Who gave.
    pub user: String,
    /// Who received.
    pub streamer: String,
    /// Second of the last gift.
    pub last: u32,
    /// Items.
    pub items: u64,
    /// Value.
    pub value: f64,
    /// Decayed value or items.
    pub mass: f64,
    /// ln(1 + mass).
    pub weight: f32,
}

/// Two streamers that are alike.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct SwingEdge {
    /// Whose list it is.
    pub streamer: String,
    /// Who is in it.
    pub other: String,
    /// Swing.
    pub score: f32,
}

/// The end of a metapath.
#[derive(Debug, Clone, PartialEq, Row, Serialize, Deserialize)]
pub struct PathNeighbour {
    /// `ua`, `uaa`, `uaua`, `aa`, `aua` or `au`.
    pub path: String,
    /// The user or streamer that it starts at.
    pub node: String,
    /// The user or streamer that it ends at.
    pub neighbour: String,
    /// Product of the weights along it.
    pub weight: f32,
    /// Second of the last gift on it; 0 without one.
    pub last: u32,
    /// The streamer in between; empty where there is none.
    pub via_streamer: String,
    /// The user in between; empty where there is none.
    pub via_user: String,
}

const GIFTS: &str = "SELECT user, room AS streamer, count, value, toUnixTimestamp64Micro(sent_at) AS sent_at FROM gifts \
     WHERE user != '' AND room != '' AND count > 0 AND value >= 0 ORDER BY gifts.sent_at, room, stream, id";

impl Store {
    /// Calls back with every gift that has a giver, by time; holds one block of rows.
    ///
    /// # Errors
    /// ClickHouse's own words, or the first error of `each`.
    pub async fn each_gift<E: From<Error>>(
        &self,
        mut each: impl FnMut(GiftRecord) -> Result<(), E>,
    ) -> Result<u64, E> {
        let failed = || Error::query("reading gifts");
        let mut rows = self.raw(GIFTS).fetch::<GiftRecord>().map_err(failed())?;
        let mut count = 0;
        while let Some(row) = rows.next().await.map_err(failed())? {
            each(row)?;
            count += 1;
        }
        Ok(count)
    }

    /// Every edge, by user and streamer.
    ///
    /// # Errors
    /// ClickHouse's own words.
    pub async fn gift_edges(&self, query: &GraphQuery) -> Result<Vec<GiftEdge>, Error> {
        self.graph_rows("graph-edges", &query.edges()).await
    }

    /// Every Swing list, by streamer, best first.
    ///
    /// # Errors
    /// ClickHouse's own words.
    pub async fn swing_edges(&self, query: &GraphQuery) -> Result<Vec<SwingEdge>, Error> {
        self.graph_rows("graph-swing", &query.swing()).await
    }

    /// Neighbours along one metapath or, when empty, all; of one node or, when empty, all; best first.
    ///
    /// # Errors
    /// ClickHouse's own words.
    pub async fn path_neighbours(
        &self,
        query: &GraphQuery,
        path: &str,
        node: &str,
    ) -> Result<Vec<PathNeighbour>, Error> {
        let mut given = [query.edges(), query.swing()].concat();
        given.extend([
            ("path", path.to_owned()),
            ("node", node.to_owned()),
            ("top_k", query.top_k.to_string()),
            ("fan_out", query.fan_out.to_string()),
            ("only_new", u8::from(query.only_new).to_string()),
        ]);
        self.graph_rows("graph-neighbours", &given).await
    }

    async fn graph_rows<R>(&self, name: &'static str, given: &[(&str, String)]) -> Result<Vec<R>, Error>
    where
        R: RowOwned + RowRead,
    {
        let sql =
            crate::named_queries().iter().find(|query| query.name == name).map_or("", |query| query.sql);
        let query = given.iter().fold(self.raw(sql), |query, (name, value)| query.param(name, value));
        query.fetch_all::<R>().await.map_err(Error::query(name))
    }
}

impl GraphQuery {
    fn edges(&self) -> Vec<(&'static str, String)> {
        vec![
            ("half_life_hours", self.half_life_hours.to_string()),
            ("basis", self.basis.clone()),
            ("as_of_us", self.as_of_us.to_string()),
        ]
    }

    fn swing(&self) -> Vec<(&'static str, String)> {
        vec![
            ("alpha", self.alpha.to_string()),
            ("swing_top_k", self.swing_top_k.to_string()),
            ("max_user_degree", self.max_user_degree.to_string()),
            ("max_streamer_users", self.max_streamer_users.to_string()),
        ]
    }
}
