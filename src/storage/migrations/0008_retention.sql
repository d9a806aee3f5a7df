ALTER TABLE "image" DROP CONSTRAINT "image_blob_hash_blob_hash_fk";
--> statement-breakpoint
DROP INDEX "event_images";--> statement-breakpoint
DROP INDEX "run_finished";--> statement-breakpoint
CREATE INDEX "run_log" ON "run" USING btree ("finished_at") WHERE first_seq = 1;