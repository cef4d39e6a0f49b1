//! Vectors of users and streamers, and full ranking over them.
