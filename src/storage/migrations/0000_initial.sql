CREATE TABLE "blob" (
	"hash" text PRIMARY KEY NOT NULL,
	"bytes" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "checkpoint" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"step" integer NOT NULL,
	"state" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "direction" (
	"id" uuid PRIMARY KEY NOT NULL,
	"model_id" uuid NOT NULL,
	"discovery_id" uuid,
	"origin" text NOT NULL,
	"index" integer NOT NULL,
	"version" integer DEFAULT 0 NOT NULL,
	"kind" text NOT NULL,
	"reverse_process" text NOT NULL,
	"sampling_steps" integer NOT NULL,
	"name" text NOT NULL,
	"tags" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"favourite" boolean DEFAULT false NOT NULL,
	"hidden" boolean DEFAULT false NOT NULL,
	"accuracy" double precision,
	"strength_error" double precision,
	"monotonicity" double precision,
	"effect_size" double precision,
	"uniqueness" double precision,
	"score" double precision,
	"dead" boolean DEFAULT false NOT NULL,
	"duplicate_of_id" uuid,
	"statistics_hash" text,
	"parameters_hash" text
);
--> statement-breakpoint
CREATE TABLE "discovery" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"model_id" uuid NOT NULL,
	"config" jsonb NOT NULL,
	"step" integer DEFAULT 0 NOT NULL,
	"total_steps" integer NOT NULL,
	"seconds_per_step" double precision,
	"peak_memory_bytes" double precision,
	"device" text,
	"resumed_from_step" integer,
	"statistics_hash" text
);
--> statement-breakpoint
CREATE TABLE "edit" (
	"run_id" uuid PRIMARY KEY NOT NULL,
	"model_id" uuid NOT NULL,
	"seed" bigint,
	"image_id" uuid,
	"shifts" jsonb NOT NULL,
	"sampling_steps" integer NOT NULL,
	"reverse_process" text NOT NULL,
	"eta" double precision NOT NULL,
	"preview_every" integer NOT NULL,
	"preview_size" integer,
	"original_image_id" uuid,
	"result_image_id" uuid,
	"warnings" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"provenance" jsonb DEFAULT '{}'::jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "event" (
	"run_id" uuid NOT NULL,
	"seq" integer NOT NULL,
	"at" timestamp (3) with time zone DEFAULT clock_timestamp() NOT NULL,
	"type" text NOT NULL,
	"payload" jsonb NOT NULL,
	CONSTRAINT "event_run_id_seq_pk" PRIMARY KEY("run_id","seq")
);
--> statement-breakpoint
CREATE TABLE "filmstrip" (
	"direction_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"strength" double precision NOT NULL,
	"image_id" uuid NOT NULL,
	CONSTRAINT "filmstrip_direction_id_position_pk" PRIMARY KEY("direction_id","position")
);
--> statement-breakpoint
CREATE TABLE "gallery" (
	"model_id" uuid NOT NULL,
	"position" integer NOT NULL,
	"image_id" uuid NOT NULL,
	CONSTRAINT "gallery_model_id_position_pk" PRIMARY KEY("model_id","position")
);
--> statement-breakpoint
CREATE TABLE "image" (
	"id" uuid PRIMARY KEY NOT NULL,
	"blob_hash" text NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"content_type" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "model" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"source" text NOT NULL,
	"status" text NOT NULL,
	"error" jsonb,
	"hash" text,
	"resolution" integer DEFAULT 0 NOT NULL,
	"channels" integer DEFAULT 0 NOT NULL,
	"parameter_count" bigint DEFAULT 0 NOT NULL,
	"h_shape" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"h_tap" text DEFAULT '' NOT NULL,
	"train_timesteps" integer DEFAULT 0 NOT NULL,
	"beta_schedule" text DEFAULT '' NOT NULL,
	"prediction_type" text DEFAULT '' NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "run" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"status" text NOT NULL,
	"error" jsonb,
	"epoch" integer DEFAULT 0 NOT NULL,
	"last_seq" integer DEFAULT 0 NOT NULL,
	"cancel_requested" boolean DEFAULT false NOT NULL,
	"worker_id" uuid,
	"idempotency_key" text,
	"fingerprint" text,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "worker" (
	"id" uuid PRIMARY KEY NOT NULL,
	"seen_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"devices" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "checkpoint" ADD CONSTRAINT "checkpoint_run_id_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."run"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "direction" ADD CONSTRAINT "direction_model_id_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."model"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "direction" ADD CONSTRAINT "direction_discovery_id_discovery_run_id_fk" FOREIGN KEY ("discovery_id") REFERENCES "public"."discovery"("run_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "discovery" ADD CONSTRAINT "discovery_run_id_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."run"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "discovery" ADD CONSTRAINT "discovery_model_id_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."model"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "edit" ADD CONSTRAINT "edit_run_id_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."run"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "edit" ADD CONSTRAINT "edit_model_id_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."model"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "event" ADD CONSTRAINT "event_run_id_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."run"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "filmstrip" ADD CONSTRAINT "filmstrip_direction_id_direction_id_fk" FOREIGN KEY ("direction_id") REFERENCES "public"."direction"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "filmstrip" ADD CONSTRAINT "filmstrip_image_id_image_id_fk" FOREIGN KEY ("image_id") REFERENCES "public"."image"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gallery" ADD CONSTRAINT "gallery_model_id_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "public"."model"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "gallery" ADD CONSTRAINT "gallery_image_id_image_id_fk" FOREIGN KEY ("image_id") REFERENCES "public"."image"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "image" ADD CONSTRAINT "image_blob_hash_blob_hash_fk" FOREIGN KEY ("blob_hash") REFERENCES "public"."blob"("hash") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "direction_place" ON "direction" USING btree ("discovery_id","index");--> statement-breakpoint
CREATE INDEX "direction_model" ON "direction" USING btree ("model_id");--> statement-breakpoint
CREATE INDEX "discovery_model" ON "discovery" USING btree ("model_id");--> statement-breakpoint
CREATE INDEX "edit_model" ON "edit" USING btree ("model_id");--> statement-breakpoint
CREATE UNIQUE INDEX "run_idempotency" ON "run" USING btree ("kind","idempotency_key");--> statement-breakpoint
CREATE INDEX "run_newest" ON "run" USING btree ("kind","created_at","id");--> statement-breakpoint
CREATE INDEX "run_worker" ON "run" USING btree ("worker_id");