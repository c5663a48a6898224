//! Work of several steps: deploy, upload, wait, load, doctor.
