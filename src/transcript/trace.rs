//! The C:/S: text form of a conversation: export, replay and test fixture.
