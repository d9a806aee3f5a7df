CREATE TABLE "direction_file" (
	"hash" text PRIMARY KEY NOT NULL,
	"byte_size" bigint NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "model_stage" (
	"model_id" uuid NOT NULL,
	"name" text NOT NULL,
	"status" text NOT NULL,
	"done" double precision DEFAULT 0 NOT NULL,
	"total" double precision DEFAULT 0 NOT NULL,
	"estimated_seconds" double precision,
	"message" text,
	CONSTRAINT "model_stage_model_id_name_pk" PRIMARY KEY("model_id","name")
);
--> statement-breakpoint
ALTER TABLE "model" ADD COLUMN "hub" jsonb;--> statement-breakpoint
ALTER TABLE "model" ADD COLUMN "path" text;--> statement-breakpoint
ALTER TABLE "model" ADD COLUMN "tap_choice" text;--> statement-breakpoint
ALTER TABLE "model" ADD COLUMN "report" jsonb;--> statement-breakpoint
ALTER TABLE "direction_file" ADD CONSTRAINT "direction_file_hash_blob_hash_fk" FOREIGN KEY ("hash") REFERENCES "public"."blob"("hash") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "model_stage" ADD CONSTRAINT "model_stage_model_id_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."model"("id") ON DELETE no action ON UPDATE no action;