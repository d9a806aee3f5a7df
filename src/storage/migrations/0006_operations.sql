CREATE TABLE "worker_report" (
	"worker_id" uuid PRIMARY KEY NOT NULL,
	"reported_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"metrics" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "blob" ADD COLUMN "created_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "inversion" ADD COLUMN "used_at" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "run" ADD COLUMN "first_seq" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
CREATE INDEX "direction_parameters" ON "direction" USING btree ("parameters_hash");--> statement-breakpoint
CREATE INDEX "direction_statistics" ON "direction" USING btree ("statistics_hash");--> statement-breakpoint
CREATE INDEX "discovery_statistics" ON "discovery" USING btree ("statistics_hash");--> statement-breakpoint
CREATE INDEX "edit_pinned" ON "edit" USING gin (shifts jsonb_path_ops);--> statement-breakpoint
CREATE INDEX "edit_image" ON "edit" USING btree ("image_id");--> statement-breakpoint
CREATE INDEX "edit_original" ON "edit" USING btree ("original_image_id");--> statement-breakpoint
CREATE INDEX "edit_result" ON "edit" USING btree ("result_image_id");--> statement-breakpoint
CREATE INDEX "event_images" ON "event" USING gin (payload jsonb_path_ops) WHERE type IN ('TrainingPreview', 'EditFrame', 'EditFinished');--> statement-breakpoint
CREATE INDEX "filmstrip_image" ON "filmstrip" USING btree ("image_id");--> statement-breakpoint
CREATE INDEX "gallery_image" ON "gallery" USING btree ("image_id");--> statement-breakpoint
CREATE INDEX "image_blob" ON "image" USING btree ("blob_hash");--> statement-breakpoint
CREATE INDEX "inversion_latents" ON "inversion" USING btree ("latents_hash");--> statement-breakpoint
CREATE INDEX "run_finished" ON "run" USING btree ("finished_at");