//! What the tests share.
pub mod certificates;
pub mod corpus;
pub mod desk;
pub mod digest;
pub mod listener;
pub mod login;
pub mod login_server;
pub mod mutate;
pub mod running;
pub mod sasl;
pub mod screen;
pub mod script;
pub mod scripted;
pub mod stage;
pub mod tape;
pub mod trace;
