CREATE TABLE "signing_key" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "signing_key_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"secret" "bytea" NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "token" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"hash" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	CONSTRAINT "token_hash" UNIQUE("hash")
);
--> statement-breakpoint
ALTER TABLE "run" ADD COLUMN "token_id" uuid;--> statement-breakpoint
CREATE INDEX "run_unfinished" ON "run" USING btree ("status","token_id") WHERE status IN ('QUEUED', 'RUNNING', 'PAUSED');