//! Real senders against real rooms: `ffmpeg` sends, kairos-capture receives, kairos-decode looks at what came.

mod files;
mod http;
mod push;
mod rooms;
mod rtmp_server;
mod rtsp;
mod srt;
mod support;
