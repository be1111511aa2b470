-- The body of a notification as HTML, for mails. It is null until the notification is
-- written, and in notifications that an earlier version wrote. It is empty in digests.
ALTER TABLE notifications ADD COLUMN html text COLLATE "C";
