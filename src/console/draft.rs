//! Editor text to commands.
