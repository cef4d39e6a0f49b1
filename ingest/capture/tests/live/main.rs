//! Real senders against real rooms: `ffmpeg` sends, kairos-capture receives, kairos-decode looks at what came.

mod files;
mod http;
mod push;
mod rooms;
mod srt;
mod support;
