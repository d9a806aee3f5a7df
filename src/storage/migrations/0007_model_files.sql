CREATE TABLE "file_chunk" (
	"hash" text NOT NULL,
	"place" integer NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "file_chunk_hash_place_pk" PRIMARY KEY("hash","place")
);
--> statement-breakpoint
CREATE TABLE "model_file" (
	"model_id" uuid NOT NULL,
	"path" text NOT NULL,
	"hash" text NOT NULL,
	"byte_size" bigint NOT NULL,
	CONSTRAINT "model_file_model_id_path_pk" PRIMARY KEY("model_id","path")
);
--> statement-breakpoint
CREATE TABLE "stored_file" (
	"hash" text PRIMARY KEY NOT NULL,
	"byte_size" bigint NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "model" ADD COLUMN "entry" text;--> statement-breakpoint
ALTER TABLE "model" ADD COLUMN "not_seen_by" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "model_file" ADD CONSTRAINT "model_file_model_id_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."model"("id") ON DELETE no action ON UPDATE no action;