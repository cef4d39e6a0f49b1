//! Real senders against real rooms: `ffmpeg` sends, kairos-capture receives, kairos-decode looks at what came.
#![allow(clippy::disallowed_methods, reason = "senders and the patience of tests run by the clock")]

mod files;
mod http;
mod push;
mod rooms;
mod rtmp_server;
mod rtsp;
mod srt;
mod support;
