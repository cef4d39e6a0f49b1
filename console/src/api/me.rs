//! Who asks.

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{By, Role, Viewer};
use crate::problem::Problem;
use crate::serve::App;

/// Who asks, and what the screen offers accordingly.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    /// A name: the proxy's user, or the role of the token.
    name: String,
    /// Whether reviews and exports are allowed.
    editor: bool,
    /// Whether there is a session to end.
    session: bool,
    /// Whether logging in with a token would change anything.
    login: bool,
    /// The program's version.
    version: &'static str,
}

#[utoipa::path(get, path = "/api/v1/me", tag = "access", responses((status = 200, body = Me), (status = "default", body = Problem, content_type = "application/problem+json")))]
/// Who asks
pub(crate) async fn me(State(app): State<App>, Extension(viewer): Extension<Viewer>) -> Json<Me> {
    Json(Me {
        editor: viewer.role == Some(Role::Editor),
        session: viewer.by == By::Cookie,
        login: app.access.has_tokens() && viewer.by == By::Nothing,
        name: viewer.name,
        version: env!("CARGO_PKG_VERSION"),
    })
}
