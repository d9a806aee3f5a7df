CREATE TABLE "inversion" (
	"image_id" uuid NOT NULL,
	"model_hash" text NOT NULL,
	"sampling_steps" integer NOT NULL,
	"fit" text NOT NULL,
	"latents_hash" text NOT NULL,
	"psnr" double precision NOT NULL,
	CONSTRAINT "inversion_image_id_model_hash_sampling_steps_fit_pk" PRIMARY KEY("image_id","model_hash","sampling_steps","fit")
);
--> statement-breakpoint
ALTER TABLE "direction" ADD COLUMN "merge" jsonb;--> statement-breakpoint
ALTER TABLE "edit" ADD COLUMN "options" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "edit" ADD COLUMN "reconstruction_psnr" double precision;--> statement-breakpoint
ALTER TABLE "edit" ADD COLUMN "request_hash" text;--> statement-breakpoint
ALTER TABLE "edit" ADD COLUMN "sweep_id" uuid;--> statement-breakpoint
ALTER TABLE "edit" ADD COLUMN "rerun_of_id" uuid;--> statement-breakpoint
ALTER TABLE "inversion" ADD CONSTRAINT "inversion_latents_hash_blob_hash_fk" FOREIGN KEY ("latents_hash") REFERENCES "public"."blob"("hash") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "edit_request" ON "edit" USING btree ("request_hash");--> statement-breakpoint
CREATE INDEX "edit_sweep" ON "edit" USING btree ("sweep_id");