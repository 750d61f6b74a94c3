//! The program against a real Dovecot and a real Cyrus.
