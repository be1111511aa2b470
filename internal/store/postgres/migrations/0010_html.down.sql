ALTER TABLE notifications DROP COLUMN html;
